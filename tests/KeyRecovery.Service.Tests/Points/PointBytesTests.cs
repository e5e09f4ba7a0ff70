using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.UseCases;
using AccountChange = KeyRecovery.Testing.AccountChange;

namespace KeyRecovery.Service.Tests.Points;

/// <summary>F02, F13: a young device cannot push out by bytes what its point names, and nobody trusted is kept from
/// writing by it.</summary>
public sealed class PointBytesTests
{
    private const int Items = 30;
    private const int Content = 260_000;

    // Of a hundred megabytes: the emulator of accounts would read them for each page of a feed.
    [Trait("Category", "Long")]
    [Fact]
    public async Task What_a_young_point_names_goes_last_and_only_for_somebody_trusted()
    {
        await using var world = await PointWorld.OpenAsync();
        var ids = Enumerable.Range(0, Items).Select(_ => new ItemId(world.Random.Bytes(16))).ToList();
        var thief = await world.AddThiefAsync();
        var owner = new YoungThief(world, world.Phone);
        await thief.WriteAsync(world.Diary);
        // The owner writes eight megabytes, the thief replaces them by nothing, and once more.
        var mine = new List<Hash256>();
        for (var round = 0; round < 2; round++)
        {
            foreach (var id in ids) await owner.WriteAsync([(id, world.Random.Bytes(Content))]);
            mine.AddRange(ids.Select(id => world.Account.Now.Manifest.Manifest.Find(id)!.Hash));
            foreach (var id in ids) await thief.WriteAsync(id);
        }

        foreach (var id in ids) await owner.WriteAsync([(id, world.Random.Bytes(Content))]);
        var taken = 0;
        ServiceFailure? refused = null;
        foreach (var id in ids)
        {
            var draft = thief.Draft([(id, [0])]);
            if (await world.Server.CommitAsync(world.Account, thief.Device, draft)
                is Outcome<Heads>.Failed { Failure: var failure })
            {
                refused = failure;
                world.Account.Forget();
                break;
            }

            taken++;
        }

        Assert.InRange(taken, 1, 5);
        Assert.Equal(
            (ErrorCode.LimitReached, "kept.size", Limits.KeptBytes), (refused!.Code, refused.Field, refused.Most));
        var point = Assert.Single(await world.PointsAsync(), p => p.Point.Authority == thief.Device.Id);
        // And the diary as it stood at the point.
        Assert.Equal(mine.Count + taken + 1, point.Named);
        foreach (var hash in mine) Assert.Equal(world.Account.Items[hash], await world.ItemAsync(hash));
        await world.SoundAsync();

        // What is new and replaces nothing is taken of it, and so is whatever the owner writes: then the oldest go of
        // which the owner has written others since.
        await thief.WriteAsync(new ItemId(world.Random.Bytes(16)));
        await owner.WriteAsync([(ids[^1], world.Random.Bytes(Content))]);
        await owner.WriteAsync([(ids[^2], world.Random.Bytes(Content))]);
        Assert.Null(await world.ItemAsync(mine[0]));
        foreach (var hash in mine.Skip(Items)) Assert.Equal(world.Account.Items[hash], await world.ItemAsync(hash));
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        Assert.InRange(open.State.KeptBytes, 1, Limits.KeptBytes);
        await world.SoundAsync();
    }

    // Of a hundred megabytes: the emulator of accounts would read them for each page of a feed.
    [Trait("Category", "Long")]
    [Fact]
    public async Task An_undo_fits_though_all_that_it_returns_to_and_all_that_it_replaces_is_as_much_as_there_may_be()
    {
        await using var world = await PointWorld.OpenAsync();
        var ids = Enumerable.Range(0, 2 * Items).Select(_ => new ItemId(world.Random.Bytes(16))).ToList();
        foreach (var id in ids)
        {
            var put = world.Account.Commit(
                world.Phone, new AccountChange { Put = [(id, world.Random.Bytes(Content))] });
            using var open = await world.Server.PassAsync(world.Account, world.Phone);
            Assert.IsType<Outcome<Hash256>.Done>(await world.Server.Service.Staging.PutAsync(
                open, Hash256.Of(put.Items[0].Span), put.Items[0], default));
            await world.TakenAsync(world.Phone, put with { Items = [] });
        }

        var thief = await world.AddThiefAsync();
        var good = world.Account.Now;
        foreach (var id in ids) await thief.WriteAsync([(id, world.Random.Bytes(Content))]);
        using (var full = await world.Server.PassAsync(world.Account, world.Phone))
            Assert.True(full.State.KeptBytes + full.State.LiveBytes > Limits.KeptBytes * 18 / 10);
        await world.UndoAsync(world.Code, good.Manifest.Hash, thief);
        await world.HasAsync(good, world.Phone);
        using var last = await world.Server.PassAsync(world.Account, world.Phone);
        Assert.InRange(last.State.KeptBytes, 1, Limits.KeptBytes);
        await world.SoundAsync();
        await world.HasAsync(good, world.Phone);
    }

    /// <summary>In which order older versions go, and which are kept beyond number and age.</summary>
    [Fact]
    public async Task Young_versions_go_first_then_unnamed_then_what_links_kept_then_what_young_points_name()
    {
        await using var world = await PointWorld.OpenAsync();
        using var open = await world.Server.PassAsync(world.Account, world.Phone);
        var (phone, thief) = (new ItemWriter(world.Phone.Id, false), new ItemWriter(world.Code.Id, true));
        var (young, link) = (Point(20, world.Code.Id), Point(40, null));
        var names = PointNames.Of(open.State with { Points = [young, link] }, default);
        var (number, all) = (0, new List<HistoryEntry>());
        void Is(TrimOrder order, ulong since, ulong until, ItemWriter writer, ItemWriter by)
        {
            var entry = Entry(since, until, writer, by);
            all.Add(entry);
            Assert.Equal((number++, order), (number - 1, names.OrderOf(entry)));
        }

        Is(TrimOrder.Unnamed, 1, 20, phone, phone);
        Is(TrimOrder.ByYoungPoint, 1, 21, phone, phone);
        Is(TrimOrder.ByYoungPoint, 20, 60, phone, phone);
        Is(TrimOrder.Unnamed, 21, 30, phone, phone);
        Is(TrimOrder.ByYoungPoint, 21, 30, phone, thief);
        Is(TrimOrder.Unnamed, 21, 30, phone, thief with { IsYoung = false });
        Is(TrimOrder.Unnamed, 21, 30, phone, thief with { Id = world.Phone.Id });
        Is(TrimOrder.ByLinkPoint, 21, 41, phone, phone);
        Is(TrimOrder.ByLinkPoint, 40, 50, phone, phone);
        Is(TrimOrder.Unnamed, 41, 50, phone, phone);
        Is(TrimOrder.Young, 21, 41, thief, phone);
        Is(TrimOrder.Young, 41, 50, thief, thief);
        Is(TrimOrder.ByYoungPoint, 1, 30, thief, thief);

        // A year later points alone keep versions, and without points nothing does.
        const ulong year = 365UL * 24 * 60 * 60;
        var (kept, dropped) = ItemHistory.Prune(all, names, Moment.At(year));
        Assert.Equal(all.Where(e => names.Contain(e) || names.Name(e)).Count(), kept.Length);
        Assert.Equal(all.Count, kept.Length + dropped.Length);
        Assert.Empty(ItemHistory.Prune(all, PointNames.Of(open.State, default), Moment.At(year)).Kept);
        // Of a hundred by each, without a point, the newest ten by each stay.
        var many = Enumerable.Range(0, 200).Select(i => Entry(
            (ulong)i + 100, (ulong)i + 101, i < 100 ? phone : thief, thief)).ToList();
        var left = ItemHistory.Prune(many, PointNames.Of(open.State, default), default).Kept;
        Assert.Equal(many[90..100].Concat(many[190..]), left.Reverse());
        // One that was brought back, and replaced once more, takes one place.
        var again = many[95] with { Manifest = new ManifestPlace(400, default) };
        var twice = ItemHistory.Prune(many.Append(again), PointNames.Of(open.State, default), default).Kept;
        Assert.Equal(
            many[90..95].Concat(many[96..100]).Concat(many[190..]).Append(again), twice.Reverse());
    }

    private static RestorePointEntry Point(ulong version, AuthorityId? authority) =>
        new(new ManifestPlace(version, default), 0, 1, 0, authority, 0);

    private static HistoryEntry Entry(ulong since, ulong until, ItemWriter writer, ItemWriter by) => new(
        new ManifestItem(default, 1, 1, 380, Hash256.Of(BitConverter.GetBytes(since))), 0,
        new ManifestPlace(until, default),
        new ItemOrigin(writer, since), by);
}
