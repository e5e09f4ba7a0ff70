using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Undo;

/// <summary><c>recover --undo</c>: the code alone, on a new phone, after what a thief's new device did.</summary>
[Collection(CliTests.Name)]
public sealed class RecoverUndoTests(CliFixture fixture)
{
    [Fact]
    public async Task The_code_alone_brings_back_what_was_before_and_removes_the_thief_and_the_lost_phone()
    {
        using var victim = await Victim.MakeAsync(fixture);
        var phone = fixture.NewDevice();
        (await phone.TypeAsync(victim.Code, "recover", "--code", "--undo", "99", "--remove", "none")).Ended(2);
        var manifest = (await victim.Phone.RunAsync("account", "undo", "--json")).Ended(0).Json.GetProperty("points")
            .EnumerateArray().Single(p => p.GetProperty("reason").GetString() == "youngAuthority")
            .GetProperty("manifest").GetString()!;

        var done = (await phone.TypeAsync(
            victim.Code, "recover", "--code", "--undo", manifest[..8], "--remove", victim.PhoneId, "--json")).Ended(0)
            .Json;
        Assert.Equal(
            new[] { victim.PhoneId, victim.ThiefId }.Order(),
            done.GetProperty("removed").EnumerateArray().Select(id => id.GetString()).Order());
        var undo = done.GetProperty("undo");
        Assert.Equal(manifest, undo.GetProperty("manifest").GetString());
        Assert.Equal(
            ["a", "b", "c", "trash"],
            undo.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("name").GetString()));
        Assert.Empty(undo.GetProperty("notPutAgain").EnumerateArray());
        await Victim.AssertIsBackAsync(fixture, phone);
        foreach (var removed in new[] { victim.Phone, victim.Thief })
            Assert.Equal("revoked", (await removed.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
    }
}
