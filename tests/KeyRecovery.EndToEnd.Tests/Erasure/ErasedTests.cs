using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeyRecovery.Client;
using KeyRecovery.Client.Accounts;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Realms;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Erasure;

/// <summary>A real server, real files: what was erased is in none of them, and everybody else recovers.</summary>
public sealed class ErasedTests(ITestOutputHelper output)
{
    private const int Accounts = 200;
    private const int Erased = 20;

    [Fact]
    [Trait("Category", "Long")]
    public async Task No_wrapped_key_no_share_and_no_row_of_twenty_erased_accounts_is_in_any_file_and_the_others_recover()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(folder["data"], 0, ("LogFile", folder["server.log"]), ("LogLevel", "Debug"));
        var people = await LiveAsync(server);
        var before = Wrapped(folder["data"]);
        Assert.Equal(2 * Accounts, before.Count);
        var gone = people.Where(p => p.Key % (Accounts / Erased) == 3).ToDictionary();
        var report = await EraseAsync(server, gone.Keys);
        Assert.Equal((Erased, 0), (report.GetProperty("erased").GetInt32(), report.GetProperty("unknown").GetInt32()));

        var still = Wrapped(folder["data"]);
        Assert.Equal(2 * (Accounts - Erased), still.Count);
        var erased = before.Where(key => !still.ContainsKey(key.Key)).Select(key => new Canary("wrapped key or sealed share", key.Value)).ToList();
        Assert.Equal(2 * Erased, erased.Count);
        var scanner = new CanaryScanner(erased);
        var control = new CanaryScanner(still.Select(key => new Canary($"wrapped key or sealed share of {key.Key}", key.Value)));
        Assert.Empty(Scan(server, folder, scanner));
        Assert.Equal(2 * (Accounts - Erased), Scan(server, folder, control).Count);
        await server.StopAsync();
        Assert.Empty(Scan(server, folder, scanner));
        Assert.Empty(scanner.Scan("output", Encoding.UTF8.GetBytes(server.Output)));
        Assert.Equal(Erased, File.ReadAllLines(Path.Combine(folder["data"], "fence", "tombstones")).Length);
        output.WriteLine($"{scanner.Scanned:N0} bytes");

        await using var again = await ServerProcess.StartAsync(folder["data"]);
        await Parallel.ForEachAsync(people, async (person, _) =>
        {
            using var device = new TestDevice(again.Address);
            var begun = await device.Client.BeginRecoveryAsync(person.Value.Code);
            if (gone.ContainsKey(person.Key))
            {
                Assert.IsType<ClientFailure.UnknownCode>(TestDevice.Failure(begun));
                return;
            }

            using var session = TestDevice.Value(begun);
            using var vault = TestDevice.Value(await session.CompleteAsync("new", [])).Vault;
            Assert.Equal(person.Value.Content, TestDevice.Value(await vault.GetAsync("canary")));
        });

        // The same person is a new account.
        using var anew = new TestDevice(again.Address);
        using var reborn = await anew.CreateAsync(await again.TokenAsync($"person {gone.Keys.First()}"), null);
        Assert.Empty(reborn.Items);
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Killed_at_any_moment_of_a_bulk_erasure_it_resumes_and_each_account_has_one_receipt()
    {
        using var folder = new TempFolder();
        ConcurrentDictionary<int, Person> people;
        await using (var first = await ServerProcess.StartAsync(folder["data"]))
        {
            people = await LiveAsync(first);
            await FileAsync(first, people.Keys);
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 150));
            await first.KillAsync();
        }

        var receipts = new ConcurrentDictionary<int, byte[]>();
        for (var kill = 0; kill < 8; kill++)
        {
            // Killed also while it resumes, before it listens.
            var starting = ServerProcess.StartAsync(folder["data"]);
            var server = await starting;
            await Task.Delay(RandomNumberGenerator.GetInt32(0, 120));
            await CheckAsync(server, people, receipts, everybody: false);
            await server.KillAsync();
            await server.DisposeAsync();
        }

        await using var last = await ServerProcess.StartAsync(folder["data"]);
        var report = await EraseAsync(last, people.Keys);
        Assert.Equal(Accounts, report.GetProperty("erased").GetInt32());
        await CheckAsync(last, people, receipts, everybody: true);
        Assert.Equal(Accounts, receipts.Values.Select(r => SignedErasureReceipt.Decode(r).Receipt.Id).Distinct().Count());
        foreach (var person in people.Values) person.Dispose();
    }

    // Either the account works as a whole, or it answers 410; and a receipt that was once given never changes.
    private static async Task CheckAsync(ServerProcess server, ConcurrentDictionary<int, Person> people, ConcurrentDictionary<int, byte[]> receipts, bool everybody) =>
        await Parallel.ForEachAsync(everybody ? people : people.Where(p => p.Key % 20 == 0), async (person, ct) =>
        {
            using var client = new KeyRecoveryClient(new KeyRecoveryOptions { Server = server.Address, App = "demo" }, person.Value.Device.Store);
            switch (await client.OpenAsync(ct))
            {
                case Result<VaultSession>.Ok ok when !everybody:
                    Assert.Single(ok.Value.Items);
                    ok.Value.Dispose();
                    break;
                case Result<VaultSession>.Failed { Failure: ClientFailure.Erased erased }:
                    if (erased.Receipt is { } receipt) Assert.Equal(receipt.ToArray(), receipts.GetOrAdd(person.Key, receipt.ToArray()));
                    else Assert.False(everybody);
                    break;
                case var other:
                    Assert.Fail($"{other}");
                    break;
            }
        });

    private static async Task<ConcurrentDictionary<int, Person>> LiveAsync(ServerProcess server)
    {
        var people = new ConcurrentDictionary<int, Person>();
        using var http = new HttpClient { BaseAddress = server.Address };
        await Parallel.ForAsync(0, Accounts, async (i, _) =>
        {
            var (person, token) = (new Person(server.Address), await server.TokenAsync($"person {i}"));
            using var vault = await person.Device.CreateAsync(
                token, person.Code, "phone", new ItemEdit.Put("canary", person.Content));
            using var slot = new TestRealmSlot(SystemRandom.Instance);
            Assert.Equal("ok", (await (await TestRealmClient.ConnectAsync(http, token)).RegisterAsync(slot)).Slug);
            people[i] = person;
        });
        return people;
    }

    // As the erasure will find them: the wrapped subject keys and the realm's sealed shares, by the rows' ids.
    private static Dictionary<string, byte[]> Wrapped(string data)
    {
        var keys = new Dictionary<string, byte[]>();
        using var store = new SqliteConnection($"Data Source={Path.Combine(data, "keys", "keys.db")};Mode=ReadOnly;Pooling=False");
        store.Open();
        using var read = store.CreateCommand();
        read.CommandText = "SELECT id, value FROM key_rows UNION ALL SELECT id, value FROM realm_slots";
        using var rows = read.ExecuteReader();
        while (rows.Read())
        {
            var value = (byte[])rows[1];
            // Both are 72 bytes, as CBOR writes them; a tombstone has none.
            var at = value.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x58, 72]);
            if (at >= 0) keys[Convert.ToHexString((byte[])rows[0])] = value[(at + 2)..(at + 74)];
        }

        return keys;
    }

    private static List<string> Scan(ServerProcess server, TempFolder folder, CanaryScanner scanner)
    {
        var files = server.Files().Append(folder["server.log"]).Append(Path.Combine(folder["data"], "stores", "data.db")).ToList();
        return [.. files.Distinct().SelectMany(scanner.ScanFile).GroupBy(hit => hit).Select(hits => hits.Key)];
    }

    private static async Task<string> FileAsync(ServerProcess server, IEnumerable<int> people)
    {
        using var http = await OperatorAsync(server);
        var lines = string.Join('\n', people.Order().Select(i => JsonSerializer.Serialize(new { subject = $"person {i}" })));
        using var body = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");
        using var filed = await http.PostAsync("/v1/admin/erasures", body);
        Assert.True(filed.IsSuccessStatusCode, await filed.Content.ReadAsStringAsync());
        return (await filed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("job").GetString()!;
    }

    // The same file again is the same job.
    private static async Task<JsonElement> EraseAsync(ServerProcess server, IEnumerable<int> people)
    {
        var job = await FileAsync(server, people);
        using var http = await OperatorAsync(server);
        while (true)
        {
            var report = await http.GetFromJsonAsync<JsonElement>($"/v1/admin/erasures/{job}");
            if (report.GetProperty("state").GetString() == "done") return report;
            await Task.Delay(100);
        }
    }

    private static async Task<HttpClient> OperatorAsync(ServerProcess server)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        using var response = await http.PostAsJsonAsync("/v1/dev/tokens", new { subject = "officer", scope = "keyrecovery.erase" });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString());
        return http;
    }

    private sealed class Person(Uri server) : IDisposable
    {
        public TestDevice Device { get; } = new(server);

        public RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

        public byte[] Content { get; } = RandomNumberGenerator.GetBytes(64);

        public void Dispose()
        {
            Device.Dispose();
            Code.Dispose();
        }
    }
}
