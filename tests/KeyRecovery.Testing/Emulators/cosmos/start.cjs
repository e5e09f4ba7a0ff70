// Two accounts on ports that the system chooses, for as long as whoever started this keeps its standard input open.
// The package's own program closes each connection after one answer.
const { createHttpsServer } = require("@vercel/cosmosdb-server");

const accounts = [0, 1].map(() => createHttpsServer({ keepAlive: true }));
let waiting = accounts.length;
for (const account of accounts) {
  account.keepAliveTimeout = 0;
  account.listen(0, "127.0.0.1", () => {
    waiting -= 1;
    if (waiting === 0) console.log(`ready ${accounts.map((a) => a.address().port).join(" ")}`);
  });
}
process.stdin.on("end", () => process.exit(0)).resume();
