using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>
/// A seal that would have kept the code from opening is mended by the next trusted device that looks.
/// </summary>
[Collection(CliTests.Name)]
public sealed class BadSealTests(TrustingFixture fixture) : IClassFixture<TrustingFixture>
{
    [Fact]
    public async Task It_is_told_and_mended()
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        using var slot = code.DeriveSlot();
        using var broken = new TestDevice(fixture.Server.Address);
        using (await broken.CreateAsync(await fixture.Server.TokenAsync(Canary.NewText()), code)) { }
        var (device, typed) = (fixture.NewDevice(), code.ToDisplayString());
        (await device.TypeAsync(typed, "recover", "--code", "--remove", "none")).Ended(0);

        await BadSeal.CommitAsync(broken, slot.Id);
        var shown = (await device.RunAsync("account", "show", "--json")).Ended(0).Json;
        Assert.Equal([slot.Id.ToString()], shown.GetProperty("mended").EnumerateArray().Select(m => m.GetString()));
        Assert.Contains(
            "mended", Assert.Single(shown.GetProperty("notes").EnumerateArray()).GetString(), StringComparison.Ordinal);
        (await device.TypeAsync(typed, "code", "check")).Ended(0);
    }
}
