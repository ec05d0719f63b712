/**
 * Hears over a socket how long the log of one step is, and connects again where the socket breaks
 * before the step ended.
 */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

/** Wait before connecting again, in milliseconds: doubled each time, up to the second. */
const RETRY_FIRST = 1000;
const RETRY_LAST = 30_000;

export type LogState = 'connecting' | 'following' | 'lost' | 'ended';

type Frame = { size: number } | { end: true };

export class LogSource implements IDisposable {
  constructor(private readonly open: () => WebSocket) {
    this.connect();
  }

  /** The log has this many bytes now; told again after each new connection. */
  get grown(): ISignal<this, number> {
    return this._grown;
  }

  get stateChanged(): ISignal<this, LogState> {
    return this._stateChanged;
  }

  get state(): LogState {
    return this._state;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.clearTimeout(this.timer);
    this.socket?.close();
    Signal.clearData(this);
  }

  private connect(): void {
    const socket = this.open();
    this.socket = socket;
    socket.onmessage = event => {
      if (this._isDisposed) {
        return;
      }
      const frame = JSON.parse(String(event.data)) as Frame;
      this.wait = RETRY_FIRST;
      if ('end' in frame) {
        this.setState('ended');
        socket.close();
      } else {
        this.setState('following');
        this._grown.emit(frame.size);
      }
    };
    socket.onclose = () => {
      if (!this._isDisposed && this._state !== 'ended') {
        this.setState('lost');
        this.timer = window.setTimeout(() => this.connect(), this.wait);
        this.wait = Math.min(this.wait * 2, RETRY_LAST);
      }
    };
  }

  private setState(state: LogState): void {
    if (state !== this._state) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private socket: WebSocket | null = null;
  private timer = 0;
  private wait = RETRY_FIRST;
  private _state: LogState = 'connecting';
  private _isDisposed = false;
  private readonly _grown = new Signal<this, number>(this);
  private readonly _stateChanged = new Signal<this, LogState>(this);
}
