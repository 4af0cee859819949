import { defineConfig } from "vite";

// The model lies beside this folder, and the element is larger than Vite likes.
export default defineConfig({ server: { fs: { allow: [".."] } }, build: { chunkSizeWarningLimit: 600 } });
