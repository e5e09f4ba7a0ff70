using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>
/// The promise of the whole project, on every build: the server never sees a plaintext or a key that opens one.
/// </summary>
public sealed class ServerCannotReadTests(ITestOutputHelper output)
{
    private const int Accounts = 20;

    [NeedsFact(Need.Linux)]
    public async Task No_secret_of_twenty_accounts_is_in_files_logs_traffic_or_memory()
    {
        using var folder = new TempFolder();
        var accounts = Enumerable.Range(1, Accounts).Select(_ => new InspectedAccount()).ToList();
        await using var server =
            await ServerProcess.StartAsync(folder["data"], 0, ("LogFile", folder["server.log"]), ("LogLevel", "Debug"));
        for (var i = 0; i < Accounts; i++) await accounts[i].LiveAsync(server, i);

        var secrets = new CanaryScanner(accounts.SelectMany(a => a.Secrets));
        var subjects = new CanaryScanner(accounts.Select((a, i) => Canary.Of($"subject {i}", a.Subject)));
        var found = secrets.ScanMemory(server.Id).ToList();
        output.WriteLine($"memory: {secrets.Scanned:N0} bytes");
        Assert.True(secrets.Scanned > 50_000_000, "the memory of the process was looked through");

        var traffic = accounts.SelectMany(a => a.Relays).Select(r => r.Recorded.ToArray()).ToList();
        Assert.True(traffic.Sum(t => (long)t.Length) > 1_000_000, "the traffic was recorded");
        found.AddRange(traffic.SelectMany(t => secrets.Scan("traffic", t)));
        // While it runs (with its -wal and -journal) and after it has stopped.
        found.AddRange(ScanFiles(server, folder, secrets, subjects));
        await server.StopAsync();
        found.AddRange(ScanFiles(server, folder, secrets, subjects));
        foreach (var scanner in new[] { secrets, subjects })
            found.AddRange(scanner.Scan("output", System.Text.Encoding.UTF8.GetBytes(server.Output)));

        output.WriteLine($"all: {secrets.Scanned:N0} bytes, {accounts.Sum(a => a.Secrets.Count)} secrets");
        Assert.Empty(found);
        foreach (var account in accounts) account.Dispose();
    }

    [NeedsFact(Need.Linux)]
    public async Task Negative_control_a_leak_in_each_place_is_found()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, ("LogFile", folder["server.log"]));
        var leak = Canary.Of("leak", Canary.NewText());
        var scanner = new CanaryScanner([leak]);

        using var phone = new TestDevice(server.Address);
        using var vault = await phone.CreateAsync(await server.TokenAsync("careless"), null);
        // A client that forgets to encrypt: the item's header is right, its content is plain.
        var plain = new byte[SealedItem.MinSize];
        SealedHeader(vault.Account, plain);
        leak.Secret.CopyTo(plain.AsSpan(ItemHeader.Size + 30));
        await new SignedUpload(phone)
            .SendAsync(HttpMethod.Put, $"/v1/items/{Hash256.Of(plain)}", "application/octet-stream", plain);

        Assert.NotEmpty(scanner.Scan("traffic", phone.Relay.Recorded.ToArray()));
        Assert.NotEmpty(scanner.ScanMemory(server.Id));

        foreach (var (_, bytes) in leak.Spellings())
        {
            var database = Directory.GetFiles(folder["data"], "*.db", SearchOption.AllDirectories)[0] + "-wal.copy";
            File.WriteAllBytes(database, [.. new byte[4091], .. bytes, .. new byte[100]]);
            Assert.NotEmpty(scanner.ScanFile(database));
        }
        File.AppendAllText(
            folder["log.copy"], $"{{\"@mt\":\"stored {System.Text.Encoding.UTF8.GetString(leak.Secret)}\"}}");
        Assert.NotEmpty(scanner.ScanFile(folder["log.copy"]));
    }

    private static void SealedHeader(AccountId account, byte[] item)
    {
        "KRI1"u8.CopyTo(item);
        account.CopyTo(item.AsSpan(4));
        item[20] = 7;
        item[43] = 1;
        item[51] = 1;
    }

    private static List<string> ScanFiles(ServerProcess server, TempFolder folder, params CanaryScanner[] scanners)
    {
        var files = server.Files().Append(folder["server.log"]).ToList();
        Assert.Contains(files, f => f.EndsWith(".db", StringComparison.Ordinal));
        return [.. files.SelectMany(file => scanners.SelectMany(s => s.ScanFile(file)))];
    }
}
