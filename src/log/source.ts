/**
 * Follows the log of one step over its socket, and connects again where the socket breaks before
 * the step ended. Every connection starts at the beginning of the log.
 */
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

/** Wait before connecting again, in milliseconds: doubled each time, up to the second. */
const RETRY_FIRST = 1000;
const RETRY_LAST = 30_000;

export type LogState = 'connecting' | 'following' | 'lost' | 'ended';

type Frame = { offset: number; text: string } | { end: true };

export class LogSource implements IDisposable {
  constructor(private readonly open: () => WebSocket) {
    this.connect();
  }

  /** The log grew by this text. */
  get grown(): ISignal<this, string> {
    return this._grown;
  }

  /** A new connection: what came before will come again. */
  get restarted(): ISignal<this, void> {
    return this._restarted;
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
    let fresh = true;
    socket.onmessage = event => {
      if (this._isDisposed) {
        return;
      }
      const frame = JSON.parse(String(event.data)) as Frame;
      if (fresh) {
        fresh = false;
        this.wait = RETRY_FIRST;
        this._restarted.emit();
      }
      if ('end' in frame) {
        this.setState('ended');
        socket.close();
      } else {
        this.setState('following');
        this._grown.emit(frame.text);
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
  private readonly _grown = new Signal<this, string>(this);
  private readonly _restarted = new Signal<this, void>(this);
  private readonly _stateChanged = new Signal<this, LogState>(this);
}
