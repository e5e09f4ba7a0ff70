// Blob storage on a port that the system chooses, for as long as whoever started this keeps its standard input open.
// The package's own program would send telemetry, and keeps files.
const { default: BlobConfiguration } = require("azurite/dist/src/blob/BlobConfiguration");
const { default: BlobServer } = require("azurite/dist/src/blob/BlobServer");

const later = undefined;
const server = new BlobServer(new BlobConfiguration(
  "127.0.0.1", 0, 60, "metadata", "extents", [], false, later, false, later, false,
  /* skipApiVersionCheck */ true, "", "", "", later, /* disableProductStyleUrl */ true, /* isMemoryPersistence */ true));
server.start().then(() => console.log(`ready ${new URL(server.getHttpServerAddress()).port}`));
process.stdin.on("end", () => process.exit(0)).resume();
