using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>Which points are kept, and what of the seals.</summary>
public sealed class PointRuleTests
{
    [Fact]
    public async Task Before_links_the_newest_two_are_kept_and_the_first_of_each_of_the_last_fourteen_days_with_one()
    {
        await using var world = await PointWorld.OpenAsync();
        var made = new List<(ManifestPlace Place, int Day)>();
        for (var day = 0; day < 20; day++)
        {
            for (var link = 0; link < 3; link++)
            {
                await world.PutAsync(world.Phone, world.Diary, world.Random.Bytes(8));
                made.Add((world.Account.Now.Manifest.Place, day));
                await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
            }

            // A day without a link does not count.
            world.Server.Time.Advance(TimeSpan.FromDays(day % 2 == 0 ? 1 : 3));
        }

        var expected = made.GroupBy(m => m.Day).TakeLast(14).Select(d => d.First()).Concat(made.TakeLast(2))
            .Select(m => m.Place).OrderByDescending(p => p.Version);
        var points = await world.PointsAsync();
        Assert.Equal(expected, points.Select(p => p.Point.Manifest));
        Assert.All(points, p => Assert.Null(p.Point.Authority));
        await world.SoundAsync();

        // Each one opens, for the phone and for the code, and leads to the state of its day.
        foreach (var who in new[] { world.Phone, world.Code })
        {
            var vault = await world.ReadAsync(who);
            foreach (var point in points)
            {
                using var open = await world.OpenPointAsync(who, vault, point.Point.Manifest.Hash);
                Assert.Equal(2, open.Content.Private!.Items.Length);
            }
        }

        Assert.Equal(points.Length, await CountAsync(world, Table.Manifests) - 1);
        Assert.Equal(
            2 * points.Select(p => p.Point.Epoch).Distinct().Count(), await CountAsync(world, Table.Seals));
        Assert.Equal(1, await CountAsync(world, Table.Keysets));
    }

    [Fact]
    public async Task A_removed_codes_seals_are_gone_from_the_store_before_its_removal_is_answered()
    {
        await using var world = await PointWorld.OpenAsync();
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        // The control: they were there.
        Assert.Equal(2, await SealsAsync(world, world.Code));
        Assert.Equal(2, await SealsAsync(world, world.Phone));
        await world.CommitAsync(world.Phone, new AccountChange { Remove = [world.Code] });
        Assert.Equal(0, await SealsAsync(world, world.Code));
        Assert.Equal(3, await SealsAsync(world, world.Phone));
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        Assert.Empty(open.State.Doomed);
        Assert.Equal(1, await CountAsync(world, Table.Keysets));
        Assert.Equal(3, await CountAsync(world, Table.Seals));
        await world.SoundAsync();
    }

    [Fact]
    public async Task Who_came_later_has_no_seal_of_an_epoch_that_was_over()
    {
        await using var world = await PointWorld.OpenAsync();
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        using var laptop = TestAuthority.Device(world.Random);
        await world.CommitAsync(world.Phone, new AccountChange { Add = [laptop] });
        await world.CommitAsync(world.Phone, new AccountChange { Mend = true });
        using var open = await world.Server.PassAsync(world.Account, laptop);
        foreach (var point in await world.PointsAsync(laptop))
        {
            var told = RestorePoint.Decode(
                (await world.Server.Service.RestorePoints.FindAsync(open, point.Point.Manifest.Hash, default))!);
            Assert.Equal(point.Point.Epoch == 1 ? 0 : KeysetEntry.SealSize, told.Seal.Length);
        }

        Assert.Null(await world.Server.Service.RestorePoints.FindAsync(open, default, default));
        await world.SoundAsync();
    }

    private static async Task<int> CountAsync(PointWorld world, Table table)
    {
        var rows = 0;
        await foreach (var _ in world.Server.Data.ScanAsync(table, default)) rows++;
        return rows;
    }

    private static async Task<int> SealsAsync(PointWorld world, TestAuthority of)
    {
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        var seals = 0;
        for (var epoch = 1UL; epoch <= open.State.Path.Newest; epoch++)
            if (await world.Server.Data.ReadAsync(open.Rows.Seal(epoch, of.Id), default) is not null) seals++;
        return seals;
    }
}
