using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Benchmarks;

/// <summary>
/// Recovery with two of three realms against recovery with the second-fastest of them alone: they are asked side by
/// side.
/// </summary>
internal static class RecoveryBenchmark
{
    private const int Rounds = 9;

    private static readonly int[] DelaysMs = [10, 60, 250];

    public static async Task RunAsync(Report report)
    {
        using var folder = new TempFolder();
        var servers = new ServerProcess[3];
        for (var i = 0; i < servers.Length; i++)
        {
            servers[i] = await ServerProcess.StartAsync(
                folder[$"realm-{i}"], 0, i == 0 ? [] : await servers[0].RealmSettingsAsync());
        }
        var (three, second) = (await PrepareAsync(servers, "three", [0, 1, 2]),
            await PrepareAsync(servers, "second", [1]));
        var (ofThree, ofSecond) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            ofThree.Add(await RecoverAsync(servers, "three", three));
            ofSecond.Add(await RecoverAsync(servers, "second", second));
        }
        report.Figure($"recovery with 2 of 3 realms, {string.Join(", ", DelaysMs)} ms away",
            1000 * Throughput.Median(ofThree), "ms");
        report.Figure("recovery with the second-fastest alone", 1000 * Throughput.Median(ofSecond), "ms");
        report.AtMost("2 of 3 realms / the second-fastest alone",
            Throughput.Median(ofThree) / Throughput.Median(ofSecond), "", 1.2);
        foreach (var server in servers) await server.DisposeAsync();
    }

    private static async Task<PinnedRealm[]> PrepareAsync(ServerProcess[] servers, string subject, int[] realms)
    {
        var pins = await Task.WhenAll(realms.Select(async i =>
        {
            using var http = new HttpClient { BaseAddress = servers[i].Address };
            var told = await http.GetFromJsonAsync<JsonElement>("/v1/realm");
            var token = await servers[i].TokenAsync(subject);
            return new PinnedRealm
            {
                Name = $"realm {i}", Server = servers[i].Address,
                Fingerprint = told.GetProperty("fingerprint").GetString()!,
                Token = _ => ValueTask.FromResult(token),
            };
        }));
        using var phone = new TestDevice(
            servers[0].Address, "demo", o => o with { RealmGenerations = [new([.. pins])] });
        var home = await servers[0].TokenAsync(subject);
        using var vault = await phone.CreateAsync(home, null, "phone", new ItemEdit.Put("identity", new byte[64]));
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = home }));
        return pins;
    }

    private static async Task<double> RecoverAsync(ServerProcess[] servers, string subject, PinnedRealm[] pins)
    {
        var delays = servers.Select((s, i) => (s.Address.Port, TimeSpan.FromMilliseconds(DelaysMs[i])))
            .ToDictionary(d => d.Port, d => d.Item2);
        using var far = new FarAway(delays);
        var token = await servers[0].TokenAsync(subject);
        using var laptop = new TestDevice(
            servers[0].Address, "demo", o => o with { RealmGenerations = [new([.. pins])], Handler = far });
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse("correct horse battery staple")).Passphrase;
        var start = Stopwatch.GetTimestamp();
        using var session = TestDevice.Value(await laptop.Client.BeginPassphraseRecoveryAsync(passphrase, token));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>A network on which each realm is as far away as it is told, there and back together.</summary>
    private sealed class FarAway(Dictionary<int, TimeSpan> delays) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath.StartsWith("/v1/realm", StringComparison.Ordinal))
                await Task.Delay(delays[request.RequestUri.Port], cancellationToken);
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
