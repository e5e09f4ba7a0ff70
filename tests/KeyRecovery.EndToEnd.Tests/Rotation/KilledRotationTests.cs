using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;
using Xunit.Abstractions;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>
/// SIGKILL at any moment of a rotation, of KEKs and of the root key, under load: it goes on, and every account opens.
/// </summary>
public sealed class KilledRotationTests(ITestOutputHelper output)
{
    private const int Users = 6;
    private static readonly int Kills = Rounds.Of(60, 8);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Kills_during_rotations_lose_no_account_and_leave_one_current_KEK()
    {
        using var folder = new TempFolder();
        var codes = new ConcurrentDictionary<string, RecoveryCode>();
        var contents = new ConcurrentDictionary<string, byte[]>();
        var unfinished = 0;
        await using (var first = await ServerProcess.StartAsync(folder["data"]))
            for (var user = 0; user < Users; user++) await CreateAsync(first, $"first {user}");
        Assert.Equal(Users, codes.Count);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(folder["data"]);
            // An account a life, made while keys are rotated without end.
            var made = Task.Run(() => CreateAsync(server, $"user {kill}"));
            var rotations = Task.Run(async () =>
            {
                for (var i = 0; await Control.TryRotateAsync(folder["data/ring"], root: i % 3 == 2); i++) { }
            });
            // Now and then the account is made for certain; else as it comes.
            if (kill % 5 == 4) await made;
            await Task.Delay(RandomNumberGenerator.GetInt32(100, 900));
            await server.KillAsync();
            await Task.WhenAll(made, rotations);

            if (kill % 10 != 0) continue;
            var (exit, report) = await ServerProcess.RunVerbAsync(
                folder["data"], "check", "--sweep", "--older-than-minutes", "0", "--json");
            Assert.True(exit == 0, report);
            var keks = JsonDocument.Parse(report[report.IndexOf('{', StringComparison.Ordinal)..]).RootElement
                .GetProperty("keks").EnumerateArray().ToList();
            Assert.Single(keks, kek => kek.GetProperty("state").GetString() == "current");
            if (keks.Any(kek => kek.GetProperty("state").GetString() is "next" or "retiring")) unfinished++;
        }

        var (done, told) = await ServerProcess.RunVerbAsync(folder["data"], "rotate", "--json");
        Assert.True(done == 0, told);
        Assert.False(File.Exists(folder["data/ring/root.key.next"])
            && (await ServerProcess.RunVerbAsync(folder["data"], "rotate", "--root")).ExitCode != 0);
        var (sound, last) = await ServerProcess.RunVerbAsync(folder["data"], "check");
        Assert.True(sound == 0, last);
        output.WriteLine($"{codes.Count} accounts; {unfinished} of the looks found a rotation unfinished; {told}");

        await using var after = await ServerProcess.StartAsync(folder["data"]);
        Assert.True(codes.Count > Users);
        foreach (var (subject, code) in codes)
        {
            using var device = new TestDevice(after.Address);
            using var vault = await device.RecoverAsync(code);
            Assert.Equal(contents[subject], TestDevice.Value(await vault.GetAsync("item")));
        }

        async Task CreateAsync(ServerProcess server, string subject)
        {
            using var phone = new TestDevice(server.Address, adjust: o => o with { Attempts = 1 });
            var code = RecoveryCode.Generate(SystemRandom.Instance);
            try
            {
                using var vault = await phone.CreateAsync(await server.TokenAsync(subject), code);
                var content = RandomNumberGenerator.GetBytes(2_000);
                if (await vault.PutAsync("item", content) is not Result<ItemInfo>.Ok) return;
                (contents[subject], codes[subject]) = (content, code);
            }
            catch (Exception e) when (e is HttpRequestException or InvalidOperationException
                or OperationCanceledException)
            {
                // The server died before it acknowledged: not promised.
            }
        }
    }
}
