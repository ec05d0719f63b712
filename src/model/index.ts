export * from './notation';
export * from './parameters';
export * from './pipeline';
export * from './runs';
export * from './runState';
export * from './session';
export * from './stepOutputs';
export * from './sessions';
