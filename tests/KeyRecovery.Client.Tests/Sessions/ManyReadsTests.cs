using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>Many items are read in few requests, and each is checked as if it had come alone.</summary>
[Collection(ServerTests.Name)]
public sealed class ManyReadsTests(ServerFixture fixture) : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone = new(fixture.Server.Address);
    private readonly TestDevice _laptop = new(fixture.Server.Address);

    public void Dispose()
    {
        _phone.Dispose();
        _laptop.Dispose();
        _code.Dispose();
    }

    [Fact]
    public async Task A_thousand_small_items_come_in_one_request_and_a_drill_reads_them_so_too()
    {
        // One more is the account's own keys.
        var puts = Puts(Limits.Items - 1, 64);
        using var vault = await CreateAsync(puts);
        var (before, told) = (_phone.Relay.Requests, new Told());
        var items = TestDevice.Value(await vault.GetAllAsync(null, told));
        Assert.Equal(before + 1, _phone.Relay.Requests);
        Assert.Equal((puts.Length, puts.Length), told.Last);
        AssertAre(puts, items);

        using var drill = TestDevice.Value(await _laptop.Client.BeginRecoveryAsync(_code));
        before = _laptop.Relay.Requests;
        Assert.Equal(puts.Length, TestDevice.Value(await drill.CheckItemsAsync()));
        Assert.Equal(before + 1, _laptop.Relay.Requests);
    }

    [Fact]
    public async Task What_has_more_than_4_MiB_comes_in_several_requests_and_in_the_order_of_the_names()
    {
        var puts = Puts(40, 250_000);
        using var vault = await CreateAsync(puts);
        var before = _phone.Relay.Requests;
        AssertAre(puts, TestDevice.Value(await vault.GetAllAsync()));
        Assert.Equal(before + 3, _phone.Relay.Requests);
        // A name that is given twice is read once.
        var some = TestDevice.Value(await vault.GetAllAsync(["item 0007", "item 0003", "item 0007"]));
        Assert.Equal(["item 0007", "item 0003"], some.Select(i => i.Item.Name));
        Assert.Equal(before + 4, _phone.Relay.Requests);
        Assert.Empty(TestDevice.Value(await vault.GetAllAsync([])));
        Assert.Equal(before + 4, _phone.Relay.Requests);
    }

    [Fact]
    public async Task One_that_is_not_there_is_named_by_whom_it_is_missed_and_nothing_is_given_out()
    {
        using var vault = await CreateAsync(Puts(3, 64));
        Assert.Equal("item 9", Assert.IsType<ClientFailure.NoSuchItem>(
            TestDevice.Failure(await vault.GetAllAsync(["item 0001", "item 9"]))).Name);
        Lie(items => items.SetItem(1, default));
        Assert.Equal("item 0001", Assert.IsType<ClientFailure.ItemLost>(
            TestDevice.Failure(await vault.GetAllAsync())).Name);
    }

    public static TheoryData<string> Lies => ["exchanged", "changed", "one too many", "none", "no batch"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task What_the_server_makes_of_them_is_noticed(string lie)
    {
        using var vault = await CreateAsync(Puts(3, 64));
        Assert.Equal(3, TestDevice.Value(await vault.GetAllAsync()).Length);
        ProtocolFault expected;
        switch (lie)
        {
            case "exchanged":
                Lie(items => [items[1], items[0], items[2]]);
                expected = ProtocolFault.ItemHash;
                break;
            case "changed":
                Lie(items => items.SetItem(2, Flipped(items[2].ToArray())));
                expected = ProtocolFault.ItemHash;
                break;
            case "one too many":
                Lie(items => items.Add(items[0]));
                expected = ProtocolFault.Malformed;
                break;
            case "none":
                Lie(_ => []);
                expected = ProtocolFault.Malformed;
                break;
            default:
                _phone.Relay.OnAnswer = (_, body) => body[1..];
                expected = ProtocolFault.Malformed;
                break;
        }

        var failure = TestDevice.Failure(await vault.GetAllAsync());
        Assert.Equal(expected, Assert.IsType<ClientFailure.ServerLied>(failure).Fault);
    }

    private void Lie(Func<ImmutableArray<ReadOnlyMemory<byte>>, ImmutableArray<ReadOnlyMemory<byte>>> change) =>
        _phone.Relay.OnAnswer = (_, body) => new ItemBatch(change(ItemBatch.Decode(body).Items)).Encode();

    private static byte[] Flipped(byte[] item)
    {
        item[^1] ^= 1;
        return item;
    }

    private static ImmutableArray<ItemEdit.Put> Puts(int count, int size) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => new ItemEdit.Put($"item {i:d4}", RandomNumberGenerator.GetBytes(size))),
    ];

    private static void AssertAre(ImmutableArray<ItemEdit.Put> puts, ImmutableArray<ItemContent> items)
    {
        Assert.Equal(puts.Select(p => p.Name), items.Select(i => i.Item.Name));
        foreach (var (put, item) in puts.Zip(items)) Assert.Equal(put.Content.ToArray(), item.Content);
    }

    private async Task<VaultSession> CreateAsync(ImmutableArray<ItemEdit.Put> puts)
    {
        var vault = await _phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone");
        TestDevice.Value(await vault.EditAsync([.. puts]));
        return vault;
    }

    private sealed class Told : IProgress<(int Done, int Of)>
    {
        public (int Done, int Of) Last { get; private set; }

        public void Report((int Done, int Of) value) => Last = value;
    }
}
