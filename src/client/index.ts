export * from './client';
export * from './handshake';
export * from './request';
export * from './steps';
export * from './there';
