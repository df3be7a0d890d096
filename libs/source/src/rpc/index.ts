export { type RpcConfig, openRpcFeed } from './feed';
