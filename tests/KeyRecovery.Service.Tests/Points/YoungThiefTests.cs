using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operations;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>
/// F02: whatever a young device writes, the owner is back with one call, by a device or by the code alone, until it is
/// trusted and for 30 days after; and every version that somebody trusted wrote is there within its 10 and 30 days.
/// </summary>
public sealed class YoungThiefTests
{
    public static TheoryData<bool, int> Returns()
    {
        var data = new TheoryData<bool, int>();
        foreach (var byCode in new[] { false, true })
            foreach (var hours in new[] { 0, 80, 20 * 24, 29 * 24 }) data.Add(byCode, hours);
        return data;
    }

    [Theory]
    [MemberData(nameof(Returns))]
    public async Task The_owner_returns_to_what_was_before_it_and_reads_every_item(bool byCode, int hours)
    {
        await using var world = await PointWorld.OpenAsync();
        await world.PutAsync(world.Phone, world.Diary, [3]);
        var thief = await world.AddThiefAsync();
        var good = world.Account.Now;
        await thief.WriteAsync([(world.Diary, [9])], world.Photo);
        await thief.WriteAsync([(new ItemId(world.Random.Bytes(16)), [9])], world.Diary);
        for (var i = 0; i < 30; i++) await thief.WriteAsync(new ItemId(world.Random.Bytes(16)));

        world.Server.Time.Advance(TimeSpan.FromHours(hours));
        await world.SoundAsync();
        // It is trusted by now, and goes on.
        await thief.WriteAsync(new ItemId(world.Random.Bytes(16)));
        var by = byCode ? world.Code : world.Phone;
        var point = Assert.Single(await world.PointsAsync(by), p => p.Point.Authority == thief.Device.Id);
        Assert.Equal(good.Manifest.Place, point.Point.Manifest);
        await world.UndoAsync(by, good.Manifest.Hash, thief);
        await world.HasAsync(good, world.Phone, world.Code);
        await world.SoundAsync();
        await world.HasAsync(good, world.Phone, world.Code);
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        Assert.DoesNotContain(thief.Device.Id, open.State.Authorities.Keys);
    }

    [Fact]
    public async Task The_point_ends_thirty_days_after_it_was_trusted_and_what_it_alone_named_goes()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var photo = world.Account.Now.Manifest.Manifest.Find(world.Photo)!.Hash;
        await world.CommitAsync(thief.Device, new AccountChange { Delete = [world.Photo] });
        world.Server.Time.Advance(TimeSpan.FromHours(72) + TimeSpan.FromDays(30) - TimeSpan.FromSeconds(5));
        await world.SoundAsync();
        Assert.Contains(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
        Assert.NotNull(await world.ItemAsync(photo));

        world.Server.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
        // The state before the link that added it has the photo as well, and stays until two newer links.
        foreach (var _ in Enumerable.Range(0, 15))
        {
            world.Server.Time.Advance(TimeSpan.FromDays(1));
            await world.CommitAsync(world.Code, new AccountChange { Mend = true });
        }

        await world.SoundAsync();
        Assert.Null(await world.ItemAsync(photo));
    }

    [Fact]
    public async Task Who_is_removed_while_young_has_its_point_for_thirty_days_from_then()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var good = world.Account.Now;
        await thief.WriteAsync(world.Diary);
        await world.UndoAsync(world.Code, good.Manifest.Hash, thief);
        world.Server.Time.Advance(TimeSpan.FromDays(30) - TimeSpan.FromSeconds(5));
        Assert.Contains(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
        world.Server.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.DoesNotContain(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
    }

    [Fact]
    public async Task A_version_of_the_owner_that_it_replaced_is_named_and_put_again_though_ten_young_ones_followed()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var mine = new List<Hash256> { world.Account.Now.Manifest.Manifest.Find(world.Diary)!.Hash };
        // A device of the owner that keeps its last good vault writes in between, a dozen times.
        var owner = new YoungThief(world, world.Phone);
        for (var i = 0; i < 12; i++)
        {
            for (var j = 0; j < 11; j++) await thief.WriteAsync(world.Diary);
            await owner.WriteAsync(world.Diary);
            mine.Add(world.Account.Now.Manifest.Manifest.Find(world.Diary)!.Hash);
        }

        await thief.WriteAsync([], world.Diary);
        world.Server.Time.Advance(TimeSpan.FromDays(29));
        await world.SoundAsync();
        var point = Assert.Single(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
        Assert.Equal(mine.Count, point.Named);
        using var opened = await world.OpenPointAsync(
            world.Phone, await world.ReadAsync(world.Phone), point.Point.Manifest.Hash);
        Assert.Equal(mine.Order(HashOrder), opened.Point.Named.Select(n => n.Hash).Order(HashOrder));
        await world.HasVersionsAsync(world.Diary, mine);
        foreach (var named in opened.Point.Named)
            Assert.NotNull(opened.OpenItem(named, await world.ItemAsync(named.Hash)).Item);

        // The control: of its own versions ten are left, and none is named.
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        var versions = await world.Server.Service.Vaults.ReadVersionsAsync(open, world.Diary, default);
        Assert.Equal(10, versions.Count(v => v.Writer.IsYoung && v.Writer.Id == thief.Device.Id));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Two_of_them_with_five_hundred_commits_on_each_of_three_days_displace_nothing()
    {
        await using var world = await PointWorld.OpenAsync();
        for (byte i = 0; i < 12; i++) await world.PutAsync(world.Phone, world.Diary, [i]);
        var promised = world.Account.History.Select(v => v.Manifest.Manifest.Find(world.Diary)!.Hash).Distinct()
            .TakeLast(11).ToList();
        YoungThief[] thieves = [await world.AddThiefAsync(), await world.AddThiefAsync()];
        var good = world.Account.Now;
        for (var day = 0; day < 3; day++)
        {
            for (var i = 0; i < YoungLimits.CommitsPerDay; i++)
                await thieves[i % 2].WriteAsync(i % 3 == 0 ? world.Photo : world.Diary);
            var over = await world.RefusedAsync(thieves[day % 2].Device, thieves[day % 2].Draft([]));
            Assert.Equal((ErrorCode.LimitReached, "young.commits"), (over.Code, over.Field));
            world.Account.Forget();
            world.Server.Time.Advance(TimeSpan.FromHours(23));
            await world.SoundAsync();
            world.Server.Time.Advance(TimeSpan.FromHours(1));
        }

        world.Server.Time.Advance(TimeSpan.FromDays(26) - TimeSpan.FromMinutes(1));
        await world.SoundAsync();
        await world.HasVersionsAsync(world.Diary, promised);
        var points = await world.PointsAsync();
        // The second one's point is the state that the first had spoiled; the first one's is the owner's.
        Assert.All(thieves, thief => Assert.Single(points, p => p.Point.Authority == thief.Device.Id));
        await world.UndoAsync(world.Code, good.Manifest.Hash, thieves);
        await world.HasAsync(good, world.Phone, world.Code);
        await world.HasVersionsAsync(world.Diary, promised.SkipLast(1));
    }

    [Fact]
    public async Task An_undo_that_an_honest_commit_overtakes_is_made_anew_and_taken()
    {
        await using var world = await PointWorld.OpenAsync();
        var thief = await world.AddThiefAsync();
        var other = new YoungThief(world, world.Phone);
        var good = world.Account.Now;
        await thief.WriteAsync(world.Diary);
        var late = await world.DraftAsync(world.Phone, good.Manifest.Hash, thief);
        world.Account.Forget();
        await other.WriteAsync(world.Photo);
        Assert.Equal(ErrorCode.StaleVersion, (await world.RefusedAsync(world.Phone, late)).Code);
        await world.UndoAsync(world.Phone, good.Manifest.Hash, thief);
        await world.HasAsync(good, world.Phone, world.Code);
    }

    private static Comparer<Hash256> HashOrder { get; } =
        Comparer<Hash256>.Create((a, b) => a.ToArray().AsSpan().SequenceCompareTo(b.ToArray()));
}
