// What esbuild takes in besides modules.

declare module "*.css";
