using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Races;

/// <summary>Two devices of one account that commit at once lose nothing of either's.</summary>
public sealed class TwoDevicesTests
{
    private static readonly int All = Rounds.Of(1000, 100);

    [Fact]
    [Trait("Category", "Long")]
    [Trait("Category", "Rounds")]
    public async Task Rounds_of_both_committing_at_once_lose_no_update()
    {
        using var folder = new TempFolder();
        // More than a day's commits, and by a device of today.
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:TrustAfterHours", "0"),
            ("Apps:0:Policy:CommitsPerDay", "1000000"));
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var phone = new TestDevice(server.Address);
        using var laptop = new TestDevice(server.Address);
        using var onPhone = await phone.CreateAsync(await server.TokenAsync("two devices"), code);
        using var onLaptop = await laptop.RecoverAsync(code, name: "laptop");

        var conflicts = 0;
        for (var round = 1; round <= All; round++)
        {
            byte[][] contents = [BitConverter.GetBytes(round), BitConverter.GetBytes(-round)];
            // Every tenth round both want the same item: one wins, the other is shown both versions.
            var same = round % 10 == 0;
            var results = await Task.WhenAll(
                onPhone.PutAsync(same ? "shared" : "phone", contents[0]),
                onLaptop.PutAsync(same ? "shared" : "laptop", contents[1]));
            foreach (var (result, theirs) in results.Zip(contents.Reverse()))
            {
                if (result is Result<ItemInfo>.Ok) continue;
                Assert.True(same, $"round {round}: {TestDevice.Failure(result)}");
                var conflict = Assert.IsType<ClientFailure.Conflict>(TestDevice.Failure(result));
                Assert.Equal(theirs, conflict.Items[0].Theirs!.Value.ToArray());
                conflicts++;
            }
        }

        // From nothing but the code: chain and manifest verify from link 0, and every update is there.
        using var fresh = new TestDevice(server.Address);
        using var vault = await fresh.RecoverAsync(code, name: "auditor");
        Assert.Equal((ulong)(All - (All / 10)), vault.Items.Single(i => i.Name == "phone").Version);
        Assert.Equal((ulong)(All - (All / 10)), vault.Items.Single(i => i.Name == "laptop").Version);
        Assert.Equal((ulong)(2 * All / 10) - (ulong)conflicts, vault.Items.Single(i => i.Name == "shared").Version);
        Assert.Equal(BitConverter.GetBytes(All - 1), TestDevice.Value(await vault.GetAsync("phone")));
        Assert.Equal(BitConverter.GetBytes(1 - All), TestDevice.Value(await vault.GetAsync("laptop")));
        Assert.Equal(All, Math.Abs(BitConverter.ToInt32(TestDevice.Value(await vault.GetAsync("shared")))));

        await server.StopAsync();
        var (exit, report) = await ServerProcess.RunVerbAsync(folder["data"], "check");
        Assert.True(exit == 0, report);
    }
}
