using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary>A device that was stolen, and what the thief let in through it.</summary>
[Collection(CliTests.Name)]
public sealed class DeviceRevokeTests(TrustingFixture fixture) : IClassFixture<TrustingFixture>
{
    [Fact]
    public async Task Revoking_a_stolen_device_locks_out_what_came_in_through_it_and_marks_its_code()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, tablet) = (fixture.NewDevice(), fixture.NewDevice());
        var laptopId =
            (await laptop.TypeAsync(code + "\n", "recover", "--code", "--name", "laptop", "--remove", "none", "--json"))
                .Ended(0).Text("deviceId");
        var thiefsCode = (await laptop.RunAsync("code", "create", "--json")).Ended(0).Text("code");
        var tabletId =
            (await tablet.TypeAsync(thiefsCode + "\n", "recover", "--code", "--name", "tablet", "--remove", "none",
                "--json")).Ended(0).Text("deviceId");

        var done = (await phone.RunAsync("device", "revoke", laptopId, "--stolen", "--json")).Ended(0).Json;
        Assert.Equal(new[] { laptopId, tabletId }.Order(),
            done.GetProperty("removed").EnumerateArray().Select(id => id.GetString()).Order());
        var marked = Assert.Single(done.GetProperty("replace").EnumerateArray()).GetString();
        foreach (var lockedOut in new[] { laptop, tablet })
        {
            Assert.Equal("revoked", (await lockedOut.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
            Assert.Equal("revoked", (await lockedOut.RunAsync("link", "show", "--json")).Ended(1).Text("error"));
        }

        var authorities = (await phone.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("authorities")
            .EnumerateArray().ToList();
        Assert.Equal(3, authorities.Count);
        Assert.Equal(
            marked, Assert.Single(authorities, a => a.TryGetProperty("replace", out var replace)
                && replace.GetBoolean()).GetProperty("id").GetString());
        (await phone.TypeAsync(code + "\n", "code", "check")).Ended(0);
    }

    [Fact]
    public async Task Revoking_a_lost_device_leaves_what_it_had_let_in()
    {
        var (phone, code) = await fixture.NewAccountAsync();
        var (laptop, tablet) = (fixture.NewDevice(), fixture.NewDevice());
        var laptopId =
            (await laptop.TypeAsync(code + "\n", "recover", "--code", "--name", "laptop", "--remove", "none", "--json"))
                .Ended(0).Text("deviceId");
        var laptopsCode = (await laptop.RunAsync("code", "create", "--json")).Ended(0).Text("code");
        (await tablet.TypeAsync(
            laptopsCode + "\n", "recover", "--code", "--name", "tablet", "--remove", "none", "--json")).Ended(0);

        var done = (await phone.RunAsync("device", "revoke", laptopId, "--json")).Ended(0).Json;
        Assert.Equal([laptopId], done.GetProperty("removed").EnumerateArray().Select(id => id.GetString()));
        Assert.Empty(done.GetProperty("replace").EnumerateArray());
        (await tablet.RunAsync("backup", "list")).Ended(0);
    }
}
