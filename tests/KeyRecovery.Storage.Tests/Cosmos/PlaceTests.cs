using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Tests.Support;

namespace KeyRecovery.Storage.Tests.Cosmos;

public sealed class PlaceTests
{
    public static TheoryData<int> Numbers => [.. TableRegistry.Default.All.Select(table => table.Number)];

    private static Table Find(int number) => TableRegistry.Default.Find((ulong)number)!;

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_table_has_a_place_and_its_documents_are_told_from_others(int number)
    {
        var table = Find(number);
        Assert.NotEmpty(Place.Of(table).Container);
        var key = new RowKey(table, SystemRandom.Bytes(RowKey.MaxIdSize));
        var name = DocumentName.Of(key);
        Assert.InRange(name.Id.Length, 1, 90);
        Assert.DoesNotContain(name.Id + name.Partition, c => c is '/' or '\\' or '?' or '#' or '+' or '=');
        Assert.Equal(key, DocumentName.TryRead(table, name.Id));
        Assert.All(
            TableRegistry.Default.All.Where(t => t != table), t => Assert.Null(DocumentName.TryRead(t, name.Id)));
    }

    [Fact]
    public void A_new_table_falls_into_the_place_of_those_of_the_same_owner()
    {
        Assert.Equal("vault", Place.Of(Table.Of(200, "new", StoreKind.Data, RowsOf.Account, 7)).Container);
        Assert.Equal("server", Place.Of(Table.Of(201, "new", StoreKind.Keys, RowsOf.Server, 7)).Container);
        Assert.All(Enum.GetValues<RowsOf>(), rows => Place.Of(Table.Of(202, "new", StoreKind.Keys, rows, 7)));
    }

    [Fact]
    public void The_design_of_the_containers_is_kept() => Assert.Equal(
        [
            "accounts: accounts", "feed: app_feeds app_pages app_webhooks", "logindex: log_index",
            "outbox: key_outbox outbox",
            "vault: activity history items keysets links manifests seals trails",
        ],
        TableRegistry.Default.All.GroupBy(table => Place.Of(table).Container)
            .Where(place => place.Key is "accounts" or "feed" or "logindex" or "outbox" or "vault")
            .Select(place => $"{place.Key}: {string.Join(' ', place.Select(t => t.Name).Order())}").Order());

    [Fact]
    public void What_an_account_has_lies_in_one_partition_and_what_is_looked_up_in_one_each()
    {
        var owner = SystemRandom.Bytes(Place.OwnerSize);
        foreach (var table in new[] { Table.Items, Table.Links, Table.History })
        {
            var place = Place.Of(table);
            Assert.Equal(place.PartitionOf([.. owner, 1]), place.PartitionOf([.. owner, 2, 3]));
            Assert.Equal(place.PartitionOf([.. owner, 1]), place.PartitionOfOwner(owner));
            Assert.Null(place.PartitionOfOwner(owner.AsSpan(1)));
        }

        var lookups = Place.Of(Table.Slots);
        Assert.NotEqual(lookups.PartitionOf([.. owner, 1]), lookups.PartitionOf([.. owner, 2]));
        Assert.Null(lookups.PartitionOfOwner(owner));
        var outbox = Place.Of(Table.Outbox);
        Assert.Equal(4, Enumerable.Range(0, 256).Select(i => outbox.PartitionOf([0, (byte)i])).Distinct().Count());
    }

    [Theory]
    [InlineData("5.")]
    [InlineData("5.=")]
    [InlineData("5.A")]
    [InlineData("5.AA==")]
    [InlineData("55.AA")]
    [InlineData("pair")]
    public void What_is_no_id_of_the_table_is_no_row(string id) => Assert.Null(DocumentName.TryRead(Table.Items, id));
}
