export { type RpcOptions, RPC_OPTIONS } from './client';
export { type RpcConfig, RpcFeed, openRpcFeed } from './feed';
