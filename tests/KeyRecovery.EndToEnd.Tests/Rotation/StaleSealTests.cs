using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.EndToEnd.Tests.Rotation;

/// <summary>
/// Z04: a rotation that forgets somebody, or keeps a wrap of somebody who is gone. After each kind of rotation every
/// active authority opens every item, and no seal of whoever went is in anything that the server gives anybody.
/// </summary>
public sealed class StaleSealTests
{
    private static readonly Dictionary<string, Func<RotatedHome, Task>> Rotations = new()
    {
        ["revocation"] = home => home.RevokeAsync(),
        ["stolen"] = home => home.RevokeAsync(stolen: true),
        ["code replaced"] = home => home.ReplaceCodeAsync(),
        ["undo"] = async home =>
        {
            using (var tablet = await home.Tablet.OpenAsync())
                TestDevice.Value(await tablet.PutAsync("large", "spoiled"u8.ToArray()));
            using var phone = await home.Phone.OpenAsync();
            var point = TestDevice.Value(await phone.ListRestorePointsAsync())
                .Single(p => p.Authority == home.TabletId);
            TestDevice.Value(await phone.UndoAsync(new UndoRequest(point)));
        },
        ["KEK ring"] = async home =>
        {
            await home.RevokeAsync();
            Assert.True(await home.Site.RotateAsync());
        },
        ["repair"] = async home =>
        {
            await home.Site.BackupAsync();
            await home.RevokeAsync();
            await home.Site.RestoreAsync("data");
            using (await home.Phone.OpenAsync()) { }
        },
    };

    public static TheoryData<string> Names => [.. Rotations.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Z04_after_a_rotation_all_who_stay_open_everything_and_no_seal_of_who_went_is_served(string name)
    {
        await using var home = await RotatedHome.CreateAsync();
        await AssertRotatesAsync(home, home.Phone, () => Rotations[name](home));
    }

    [NeedsFact(Need.Faketime)]
    public async Task Z04_nor_after_the_way_back_where_nobody_has_the_newest_link()
    {
        await using var home = await RotatedHome.CreateAsync();
        await AssertRotatesAsync(home, home.Laptop, async () =>
        {
            await home.Site.BackupAsync();
            await home.RevokeAsync();
            await home.Site.RestoreAsync("data");
            await home.Site.RestartAsync(ahead: TimeSpan.FromHours(80));
            using var laptop = await home.Laptop.OpenAsync();
            TestDevice.Value(await laptop.GoOnAsync());
        });
    }

    private static async Task AssertRotatesAsync(RotatedHome home, TestDevice writer, Func<Task> rotateAsync)
    {
        var (before, code) = (await HearAllAsync(home, home.Code), home.Code);
        var were = home.Active;
        // The control: these seals are what was served, and are found where they are.
        var old = were.ToDictionary(id => id, before.Of);
        Assert.All(old.Values, seals => Assert.True(seals.Count > 0 && seals.TrueForAll(before.Holds)));
        Assert.Equal(were, before.Recipients());

        await rotateAsync();
        await home.PutAsync(writer, "later", "written after"u8.ToArray());
        await home.LookAsync(writer);
        var gone = were.Except(home.Active).ToList();
        Assert.NotEmpty(gone);

        var after = await HearAllAsync(home, home.Code);
        Assert.Equal(home.Active, after.Recipients());
        Assert.All(gone.SelectMany(id => old[id]), seal => Assert.False(after.Holds(seal)));
        await AssertRefusedAsync(home, after, gone, code);
        // A code reads items as the device that it brings in.
        using var fresh = await home.Stranger().RecoverAsync(home.Code);
        await home.ReadAllAsync(fresh);
    }

    // Everybody reads everything: each device every item and point, and the code the vault and every point.
    private static async Task<ServedSeals> HearAllAsync(RotatedHome home, RecoveryCode code)
    {
        var heard = new ServedSeals();
        foreach (var id in home.Active)
        {
            if (home.DeviceOf(id) is not { } device) continue;
            using var vault = await heard.Listen(device).OpenAsync();
            await home.ReadAllAsync(vault);
        }

        using var session = TestDevice.Value(await heard.Listen(home.Stranger()).Client.BeginRecoveryAsync(code));
        foreach (var point in TestDevice.Value(await session.ListRestorePointsAsync()))
            TestDevice.Value(await session.PlanUndoAsync(new UndoRequest(point)));
        Assert.True(heard.Points > 0);
        return heard;
    }

    private static async Task AssertRefusedAsync(
        RotatedHome home, ServedSeals heard, List<AuthorityId> gone, RecoveryCode old)
    {
        foreach (var device in gone.Select(home.DeviceOf).OfType<TestDevice>())
        {
            Assert.IsType<ClientFailure.Revoked>(TestDevice.Failure(await heard.Listen(device).Client.OpenAsync()));
            Assert.DoesNotContain(device, heard.Served);
        }

        if (old == home.Code) return;
        var empty = heard.Listen(home.Stranger());
        Assert.IsType<ClientFailure.UnknownCode>(TestDevice.Failure(await empty.Client.BeginRecoveryAsync(old)));
        Assert.DoesNotContain(empty, heard.Served);
    }
}
