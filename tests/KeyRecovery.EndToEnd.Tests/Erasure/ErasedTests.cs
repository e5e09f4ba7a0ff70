using KeyRecovery.EndToEnd.Tests.Realms;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using System.Text;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>A real server, real files: what was erased is in none of them, and everybody else recovers.</summary>
public sealed class ErasedTests(ITestOutputHelper output)
{
    private static readonly int Accounts = Rounds.Of(500, 150);
    private static readonly int Erased = Accounts / 10;

    [NeedsFact(Need.Linux)]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task No_16_bytes_of_a_key_or_share_and_no_id_of_the_erased_are_in_any_file_and_others_recover()
    {
        using var folder = new TempFolder();
        await using var server =
            await ServerProcess.StartAsync(
                folder["data"], 0, [.. RealmSettings.App, ("LogFile", folder["server.log"]), ("LogLevel", "Debug")]);
        var people = await Person.LiveAsync(server, Accounts);
        var before = WrappedKeys.Of(folder["data"]);
        Assert.Equal(2 * Accounts, before.Count);
        var gone = people.Where((_, i) => i % (Accounts / Erased) == 3).ToHashSet();
        var report = await Officer.EraseAsync(server, gone.Select(p => p.Subject));
        Assert.Equal((Erased, 0), (report.GetProperty("erased").GetInt32(), report.GetProperty("unknown").GetInt32()));

        var still = WrappedKeys.Of(folder["data"]);
        var erased = before.Where(key => !still.ContainsKey(key.Key)).ToList();
        Assert.Equal((2 * Erased, 2 * (Accounts - Erased)), (erased.Count, still.Count));
        var scanner = new CanaryScanner(
        [
            .. erased.Windows(),
            .. gone.SelectMany(p => p.Ids.Append(Canary.Of("subject", p.Subject))
                .Append(new Canary("content", p.Content))),
        ]);
        // The control: as many keys of those who stay, each found in every one of its windows.
        var kept = still.Where((_, i) => i % 9 == 0).ToList();
        var control = new CanaryScanner(kept.Windows());
        Assert.Empty(Scan(server, folder, scanner));
        Assert.Equal(kept.Count, Scan(server, folder, control).Count);
        // Also those that have no name any more: what a store has open and unlinked.
        Assert.Empty(Open(server).SelectMany(scanner.ScanFile));
        Assert.NotEmpty(Open(server).SelectMany(control.ScanFile));
        await server.StopAsync();
        Assert.Empty(Scan(server, folder, scanner));
        Assert.Empty(scanner.Scan("output", Encoding.UTF8.GetBytes(server.Output)));
        Assert.Equal(Erased, File.ReadAllLines(Path.Combine(folder["data"], "fence", "tombstones")).Length);
        output.WriteLine($"{scanner.Scanned:N0} bytes");

        await using var again = await ServerProcess.StartAsync(folder["data"]);
        await Parallel.ForEachAsync(people, async (person, _) =>
        {
            switch (await person.RecoverAsync(again))
            {
                case Result<byte[]>.Ok(var content):
                    Assert.DoesNotContain(person, gone);
                    Assert.Equal(person.Content, content);
                    break;
                case Result<byte[]>.Failed(var failure):
                    Assert.True(gone.Contains(person), $"{failure}");
                    Assert.IsType<ClientFailure.UnknownCode>(failure);
                    break;
            }
        });

        // The same person is a new account.
        using var anew = new TestDevice(again.Address);
        using var reborn = await anew.CreateAsync(await again.TokenAsync(gone.First().Subject), null);
        Assert.Empty(reborn.Items);
        foreach (var person in people) person.Dispose();
    }

    private static List<string> Scan(ServerProcess server, TempFolder folder, CanaryScanner scanner)
    {
        var files = server.Files().Append(folder["server.log"]).ToList();
        Assert.Contains(files, f => Path.GetFileName(f) == "data.db");
        return [.. files.SelectMany(file => ScanFile(scanner, file)).GroupBy(hit => hit).Select(hits => hits.Key)];
    }

    // A partial tile goes when the log has grown past it; those of the stopped server are all there.
    private static IEnumerable<string> ScanFile(CanaryScanner scanner, string file)
    {
        try
        {
            return [.. scanner.ScanFile(file)];
        }
        catch (IOException gone) when (gone is FileNotFoundException or DirectoryNotFoundException
            && file.Contains(".p/", StringComparison.Ordinal))
        {
            return [];
        }
    }

    // What the process holds open, by whatever name; the lock files cannot be read, and are empty.
    private static IEnumerable<string> Open(ServerProcess server) => Directory.GetFiles($"/proc/{server.Id}/fd")
        .Where(fd => File.ResolveLinkTarget(fd, false)?.FullName is { } name && IsStored(name)
            && new FileInfo(name).Exists == !IsUnlinked(name));

    private static bool IsStored(string name) =>
        (name.Contains("keyrecovery-test-", StringComparison.Ordinal)
            && !name.EndsWith("lock", StringComparison.Ordinal))
        || (IsUnlinked(name) && !name.StartsWith("/memfd:", StringComparison.Ordinal));

    private static bool IsUnlinked(string name) => name.EndsWith(" (deleted)", StringComparison.Ordinal);
}
