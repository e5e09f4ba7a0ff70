using KeyRecovery.Client.Items;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>How many edits one commit takes: no bound of it is passed, and no room of it is left.</summary>
public class SealedEditsTests
{
    private static readonly TestRandom Random = new(9);
    private static readonly TestAuthority Phone = TestAuthority.Device(Random);
    private static readonly TestAccount Account = TestAccount.Begin(Random, Phone);

    [Theory]
    [InlineData(80, 20_000, 0, 64)]
    [InlineData(200, 10_000, 25, 64)]
    [InlineData(1024, 100, 689, 64)]
    [InlineData(1024, 16 * 1024, 14, 64)]
    [InlineData(20, 1024 * 1024, 0, 15)]
    [InlineData(64, 256 * 1024, 0, 62)]
    public void A_commit_takes_as_many_as_fit(int count, int size, int inline, int staged)
    {
        using var open = Account.Open(Phone);
        var edits = Enumerable.Range(0, count).Select(i => new ItemEdit.Put($"item {i}", new byte[size]));
        var plan = SealedEdits.Make(open, edits, new SealedPuts(Random), 1);
        Assert.Equal((inline, staged), (plan.Inline.Length, plan.Staged.Length));
        Assert.Equal(inline + staged, plan.Edits.Length);
        Assert.InRange(plan.Inline.Sum(i => i.Length), 0, Limits.InlineItemsBytes);
        Assert.InRange(plan.Staged.Sum(i => (long)i.Bytes.Length), 0, Limits.StagedBytes);
    }

    [Fact]
    public void What_is_stored_ahead_shares_the_accounts_room_with_what_it_replaces()
    {
        var items = Enumerable.Range(0, 10).Select(_ => (new ItemId(Random.Bytes(16)), new byte[1024 * 1024]));
        var full = TestAccount.Begin(Random, Phone, items: [.. items]);
        using var open = full.Open(Phone);
        var edits = open.Private.Items.Select(i => new ItemEdit.Put(i.Name, new byte[1024 * 1024]));
        var plan = SealedEdits.Make(open, edits, new SealedPuts(Random), 1);
        var bytes = full.Now.Manifest.Manifest.Items.Sum(i => i.Size) + plan.Staged.Sum(i => (long)i.Bytes.Length);
        Assert.Equal(5, plan.Staged.Length);
        Assert.InRange(bytes, Limits.AccountBytes - plan.Staged[0].Bytes.Length, Limits.AccountBytes);
    }

    [Fact]
    public void Every_edit_of_a_list_is_in_one_plan_and_in_its_order()
    {
        using var open = Account.Open(Phone);
        var edits = Enumerable.Range(0, 300).Select(i => new ItemEdit.Put($"item {i}", new byte[i * 100])).ToList();
        var (puts, planned) = (new SealedPuts(Random), new List<ItemEdit>());
        while (planned.Count < edits.Count)
            planned.AddRange(SealedEdits.Make(open, edits.Skip(planned.Count), puts, 1).Edits);
        Assert.Equal(edits, planned);
    }

    [Fact]
    public void An_item_is_sealed_anew_only_where_its_place_has_changed()
    {
        using var open = Account.Open(Phone);
        var (puts, edit) = (new SealedPuts(Random), new ItemEdit.Put("a", new byte[30_000]));
        var first = SealedEdits.Make(open, [edit], puts, 1).Staged[0];
        Assert.Same(first, SealedEdits.Make(open, [edit], puts, 2).Staged[0]);

        var theirs = TestAccount.Begin(Random, Phone);
        using var other = theirs.Open(Phone);
        var again = SealedEdits.Make(other, [edit], puts, 3).Staged[0];
        Assert.Equal(theirs.Now.Account, again.Header.Account);
        Assert.NotEqual(first.Hash, again.Hash);
    }
}
