using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.EndToEnd.Tests.Erasure;
using KeyRecovery.EndToEnd.Tests.Linking;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Cosmos;

/// <summary>
/// A real server outgrows its machine: its files are moved to accounts, killed on the way, and whoever had an account
/// notices nothing.
/// </summary>
public sealed class MovedToCosmosTests : IAsyncLifetime
{
    private const string User = "anna";
    private const string Gone = "bert";

    private static readonly string[] Move = ["migrate", "--from", "sqlite", "--to", "cosmos"];

    private readonly TempFolder _folder = new();
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private CosmosGateway _cosmos = null!;
    private TestDevice _phone = null!;
    private TestDevice _laptop = null!;
    private int _port;

    public async Task InitializeAsync() => _cosmos = await CosmosGateway.StartAsync();

    public async Task DisposeAsync()
    {
        _phone?.Dispose();
        _laptop?.Dispose();
        _code.Dispose();
        await _cosmos.DisposeAsync();
        _folder.Dispose();
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Whoever_had_an_account_has_it_still_and_counts_go_on()
    {
        var before = await LiveAsync();

        await KilledAsync(at: 20, isDone: true);
        await RefusedAsync("is being moved to", "serve");
        await KilledAsync(at: 70, isDone: false);
        var (exit, output) = await RunAsync([.. Move, "--json"]);
        Assert.True(exit == 0, output);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal("done", report.GetProperty("outcome").GetString());
        Assert.InRange(report.GetProperty("rows").GetInt64(), 30, 200);
        await RefusedAsync("was moved to", "rotate");
        await RefusedAsync("was moved to", "backup", "--to", _folder["sets"]);
        var check = await RunAsync("check");
        Assert.True(check.ExitCode == 0, check.Output);
        Assert.Contains("moved to https://", check.Output, StringComparison.Ordinal);

        await using (var server = await ServerProcess.StartAsync(
            _folder["server"], _port, _cosmos.Environment, [.. _cosmos.Settings("moved")]))
        {
            var after = await LookAsync(server);
            Assert.Equal(before with { Left = before.Left - 1 }, after with { LogSize = before.LogSize });
            await RecoverAsync(server);
            // The log is behind by a moment: each look tells that it has grown, and no device finds a fork.
            Assert.InRange(after.LogSize, before.LogSize, await LogSizeAsync(server));
            Assert.Equal(0, await server.StopAsync());
        }

        check = await RunAsync("check", "--KeyRecovery:Store", "cosmos");
        Assert.True(check.ExitCode == 0, check.Output);
        await RefusedAsync("has opened", [.. Move, "--give-up"]);
    }

    // What is looked at before and behind.
    private sealed record Seen(string Receipt, string AuditKey, int Left, long LogSize, int Activity);

    private async Task<Seen> LiveAsync()
    {
        Seen seen;
        await using (var server = await ServerProcess.StartAsync(_folder["server"]))
        {
            _port = server.Address.Port;
            (_phone, _laptop) = (new TestDevice(server.Address), new TestDevice(server.Address));
            using (var gone = new TestDevice(server.Address))
            using (await gone.CreateAsync(await server.TokenAsync(Gone), null)) { }
            var token = await server.TokenAsync(User);
            using (var vault = await _phone.CreateAsync(
                token, _code, "phone", new ItemEdit.Put("a", "one"u8.ToArray())))
            {
                TestDevice.Value(await vault.PutAsync("large", new byte[100_000]));
                TestDevice.Value(await vault.PutAsync("a", "two"u8.ToArray()));
                using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("four small words here today")).Passphrase;
                TestDevice.Value(await vault.Passphrase.SetAsync(
                    passphrase, new SetPassphraseOptions { Token = token }));
                var linked = await LinkedPair.LinkAsync(vault, _laptop, new byte[100]);
                linked.Bundle.Dispose();
                linked.Vault.Dispose();
            }

            seen = await LookAsync(server);
            await RefusedAsync("in use by another process", Move);
            Assert.Equal(0, await server.StopAsync());
        }

        var check = await RunAsync("check");
        Assert.True(check.ExitCode == 0, check.Output);
        Assert.DoesNotContain("moved", check.Output, StringComparison.Ordinal);
        var planned = await RunAsync([.. Move, "--dry-run"]);
        Assert.True(planned.ExitCode == 0, planned.Output);
        Assert.Contains("items: ", planned.Output, StringComparison.Ordinal);
        return seen;
    }

    // Costs a guess.
    private async Task<Seen> LookAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        var auditKey = (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString()!;
        var outcome = Assert.Single((await Officer.EraseAsync(server, [Gone])).GetProperty("outcomes")
            .EnumerateArray());
        var receipt = SignedErasureReceipt.Decode(
            Base64Url.DecodeFromChars(outcome.GetProperty("receipt").GetString()));
        Assert.True(receipt.IsSignedBy(new VerifyKey(Base64Url.DecodeFromChars(auditKey))));
        using var wrong = ((PassphraseParse.Ok)Passphrase.Parse("four other words here today")).Passphrase;
        using var stranger = new TestDevice(server.Address);
        var left = Assert.IsType<ClientFailure.WrongPassphrase>(TestDevice.Failure(
            await stranger.Client.BeginPassphraseRecoveryAsync(wrong, await server.TokenAsync(User)))).GuessesLeft;
        foreach (var device in new[] { _phone, _laptop })
        {
            using var vault = await device.OpenAsync();
            Assert.Equal("two"u8.ToArray(), TestDevice.Value(await vault.GetAsync("a")));
            Assert.Equal(100_000, TestDevice.Value(await vault.GetAsync("large")).Length);
        }

        using var opened = await _phone.OpenAsync();
        var activity = TestDevice.Value(await opened.Log.ActivityAsync());
        return new Seen(
            receipt.Receipt.Id.ToString(), auditKey, left, await LogSizeAsync(server), activity.Entries.Count());
    }

    private async Task RecoverAsync(ServerProcess server)
    {
        using (var vault = await _phone.OpenAsync()) TestDevice.Value(await vault.PutAsync("a", "three"u8.ToArray()));
        using var tablet = new TestDevice(server.Address);
        using (var recovered = await tablet.RecoverAsync(_code))
            Assert.Equal("three"u8.ToArray(), TestDevice.Value(await recovered.GetAsync("a")));
        using var watch = new TestDevice(server.Address);
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("four small words here today")).Passphrase;
        using var session = TestDevice.Value(
            await watch.Client.BeginPassphraseRecoveryAsync(passphrase, await server.TokenAsync(User)));
        Assert.Equal(2, TestDevice.Value(await session.CheckItemsAsync()));
    }

    private static async Task<long> LogSizeAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        var checkpoint = await http.GetStringAsync("/audit/checkpoint");
        return long.Parse(checkpoint.Split('\n')[1], CultureInfo.InvariantCulture);
    }

    // SIGKILL at a request to a document, which is done or not.
    private async Task KilledAsync(int at, bool isDone)
    {
        using var process = ServerProcess.StartVerb(_folder["server"], _cosmos.Environment, Settings, Move);
        var requests = 0;
        _cosmos.LetsThroughAsync = request =>
        {
            if (!request.Path.Value!.Contains("/docs", StringComparison.Ordinal)
                || Interlocked.Increment(ref requests) < at) return Task.FromResult(true);
            process.Kill();
            return Task.FromResult(isDone && requests == at);
        };
        await process.WaitForExitAsync();
        _cosmos.LetsThroughAsync = null;
        Assert.InRange(requests, at, int.MaxValue);
    }

    private async Task RefusedAsync(string why, params string[] arguments)
    {
        var (exit, output) = await RunAsync(arguments);
        Assert.Contains(why, output, StringComparison.Ordinal);
        Assert.Equal(1, exit);
    }

    private Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        ServerProcess.RunVerbAsync(_folder["server"], _cosmos.Environment, Settings, arguments);

    private (string Key, string Value)[] Settings =>
        [.. _cosmos.Settings("moved").Where(setting => setting.Key != "Store")];
}
