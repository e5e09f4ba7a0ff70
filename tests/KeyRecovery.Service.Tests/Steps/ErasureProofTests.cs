using KeyRecovery.Protocol.Audit;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Erasure;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tests.Support;

namespace KeyRecovery.Service.Tests.Steps;

/// <summary>
/// The check and the receipts see what they say that they do not find: it is planted, and they name it.
/// </summary>
public sealed class ErasureProofTests
{
    public static TheoryData<string, string> Leftovers() => new()
    {
        { "an item", "items: 1" },
        { "the account row", "accounts: 1" },
        { "the user's lookup", "subjects: 1" },
        { "a slot's lookup", "slots: 1" },
        { "the key", "erasure: a receipt, and no tombstone" },
        { "a share", "realm slot: not among its user's" },
        { "no erasure", "key row: erased, and no erasure says so" },
        { "a miscounted job", "job: its counts are not those of its lines" },
        { "a job that counts somebody as returned", "job: its counts are not those of its lines" },
    };

    [Theory]
    [MemberData(nameof(Leftovers))]
    public async Task The_check_names_what_was_left_of_an_erased_account(string left, string expected)
    {
        await using var world = await StepWorld.OpenAsync();
        var (server, ids) = (world.Server, new RowIds(world.Server.LookupKey));
        var person = await StepPerson.NewAsync(world);
        var (share, slot) = (ids.RealmSlot(person.Share.Id), ids.Slot(person.Own.Code.Id));
        var subject = ids.Subject(person.User);
        var keys = await ReadAsync(server.Keys, person.KeyRow, share, subject, slot);
        using var open = await person.Own.PassAsync();
        var item = open.Rows.Item(person.Own.Account.Now.Manifest.Manifest.Items[0].Hash);
        var data = await ReadAsync(server.Data, open.Rows.Account, item);
        server.ErasureHold = TimeSpan.Zero;
        Assert.IsType<Outcome<ErasureStatus>.Done>(await person.RequestAsync(server.Service.Erasures));
        var job = await server.FileErasuresAsync("nobody");
        await server.Service.Erasures.ResumeAsync(default);
        await world.SoundAsync();

        await (left switch
        {
            "an item" => PutBackAsync(server.Data, data[item]),
            "the account row" => PutBackAsync(server.Data, data[open.Rows.Account]),
            "the user's lookup" => PutBackAsync(server.Keys, keys[subject]),
            "a slot's lookup" => PutBackAsync(server.Keys, keys[slot]),
            "the key" => PutBackAsync(server.Keys, keys[person.KeyRow]),
            "a share" => PutBackAsync(server.Keys, keys[share]),
            "no erasure" => RemoveAsync(server, ErasureRows.Of(person.KeyRow)),
            "a miscounted job" => MiscountAsync(server, job, row => row with { Erased = 1, Unknown = 0 }),
            _ => MiscountAsync(server, job, row => row with { Returned = 1 }),
        });
        var report = await server.Service.Audit.RunAsync(default);
        var orphans = report.OrphanRows.Select(o => $"{o.Key}: {o.Value}");
        Assert.Equal([expected], report.Damaged.Concat(orphans).Distinct());
    }

    [Fact]
    public async Task The_check_names_an_erasure_that_lost_its_plan()
    {
        await using var world = await StepWorld.OpenAsync();
        await TombstonedAsync(world);
        await world.SoundAsync(orphans: true);
        await foreach (var part in world.Server.Keys.ScanAsync(Table.ErasurePlans, default))
            await RemoveAsync(world.Server, part.Key);
        var report = await world.Server.Service.Audit.RunAsync(default);
        Assert.Equal("erasure: its plan is not there", Assert.Single(report.Damaged));
    }

    // A tombstone that is none: by its state the key is destroyed, and the wrapped key still stands in it; or it stands
    // in the live row that came back while the rows were deleted. That one is destroyed once more, and then no row is
    // left to be tried: the receipt does not say that one was.
    [Theory]
    [InlineData(KeyRowState.Erased)]
    [InlineData(KeyRowState.Live)]
    public async Task No_receipt_while_the_row_that_was_kept_for_the_purpose_opens(KeyRowState state)
    {
        await using var world = await StepWorld.OpenAsync();
        var erasures = world.Server.Service.Erasures;
        var (person, before) = await TombstonedAsync(world);
        var tombstone = (await world.Server.Keys.ReadAsync(person.KeyRow, default))!.Value;
        var planted = (KeyRow.Decode(before.Value) with { State = state }).Encode();
        var round = new StepRound(world, Testing.Stores.StepFate.Frozen, 1);
        // The first step of the finisher: the fence.
        var report = await round.DoAsync(
            () => erasures.ResumeAsync(default), () => SetAsync(world, person.KeyRow, planted));
        Assert.Equal((0, 1, "a row still opens"), (report!.Erased, report.Pending, report.Problem));
        using var rows = new ErasureRows(world.Server.Keys, world.Server.LookupKey, world.Random);
        Assert.True((await rows.ReceiptAsync(person.KeyRow, default)).IsEmpty);

        await SetAsync(world, person.KeyRow, tombstone);
        Assert.Equal(1, (await erasures.ResumeAsync(default)).Erased);
        var proofs = SignedErasureReceipt.Decode(await person.ReceiptAsync()).Receipt.Proofs;
        Assert.Equal(state == KeyRowState.Erased, proofs.Contains(ErasureProof.RowUnopened));
        await person.ErasedAsync(wasWhole: state == KeyRowState.Erased);
    }

    // A person whose key is destroyed and who has no receipt yet, and the key row of before.
    private static async Task<(StepPerson Person, Row Before)> TombstonedAsync(StepWorld world)
    {
        var person = await StepPerson.NewAsync(world);
        var before = (await world.Server.Keys.ReadAsync(person.KeyRow, default))!;
        await world.Server.FileErasuresAsync(person.Own.Subject);
        // Line, plan, what the log and an auditor are to be told, erasure row, key row.
        await world.CutAsync(6, () => world.Server.Other.Erasures.ResumeAsync(default));
        Assert.True(await person.IsErasedAsync());
        Assert.True((await person.ReceiptAsync()).IsEmpty);
        return (person, before);
    }

    private static async Task MiscountAsync(
        TestService server, ReadOnlyMemory<byte> job, Func<ErasureJobRow, ErasureJobRow> miscount)
    {
        var stored = (await server.Keys.ReadAsync(ErasureJobRows.PlaceOf(job), default))!;
        var write = new RowWrite.Replace(stored, miscount(ErasureJobRow.Decode(stored.Value)).Encode());
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync([write], default));
    }

    private static async Task RemoveAsync(TestService server, RowKey key) =>
        Assert.IsType<WriteResult.Written>(await server.Keys.WriteAsync([new RowWrite.Remove(key)], default));

    private static async Task SetAsync(StepWorld world, RowKey key, ReadOnlyMemory<byte> value) =>
        Assert.IsType<WriteResult.Written>(
            await world.Server.Keys.WriteAsync([new RowWrite.Ensure(key, value)], default));

    private static async Task PutBackAsync(IRowStore store, Row row) =>
        Assert.IsType<WriteResult.Written>(await store.WriteAsync([new RowWrite.Ensure(row.Key, row.Value)], default));

    private static async Task<Dictionary<RowKey, Row>> ReadAsync(IRowStore store, params RowKey[] places)
    {
        var rows = new Dictionary<RowKey, Row>();
        foreach (var place in places) rows[place] = (await store.ReadAsync(place, default))!;
        return rows;
    }
}
