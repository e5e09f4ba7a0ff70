using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Sessions;

/// <summary>Changes of more items than one commit takes, and what the server keeps of them ahead of it.</summary>
[Collection(ServerTests.Name)]
public sealed class ManyItemsTests(ServerFixture fixture) : IDisposable
{
    private const int Count = 80;
    private const int Size = 20_000;

    private const string Full =
        """
        {"type":"urn:keyrecovery:error:limit-reached","title":"full","field":"account.size",
         "limit":16777216,"used":16000000}
        """;

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
    public async Task Eighty_items_of_20_kB_are_put_in_one_call_and_two_commits()
    {
        using var onPhone = await CreateAsync();
        var puts = Puts();
        TestDevice.Value(await onPhone.EditAsync([new ItemEdit.Remove("first"), .. puts]));
        Assert.Equal(3ul, onPhone.Version);
        using var onLaptop = await _laptop.RecoverAsync(_code);
        Assert.Equal(puts.Select(p => p.Name).Order(StringComparer.Ordinal), onLaptop.Items.Select(i => i.Name));
        foreach (var put in puts.Where((_, i) => i % 16 == 0 || i == Count - 1))
            Assert.Equal(put.Content.ToArray(), TestDevice.Value(await onLaptop.GetAsync(put.Name)));
    }

    [Fact]
    public async Task What_a_later_commit_could_not_do_is_told_beside_what_is_done_and_a_call_with_the_rest_goes_on()
    {
        using var vault = await CreateAsync();
        var puts = Puts();
        var commits = 0;
        _phone.Relay.OnRequest = (request, _) => IsCommit(request) && ++commits == 2
            ? new HttpResponseMessage(HttpStatusCode.UnprocessableEntity) { Content = new StringContent(Full) }
            : null;
        var failure = TestDevice.Failure(await vault.EditAsync([.. puts, new ItemEdit.Remove("first")]));
        var partly = Assert.IsType<ClientFailure.PartlyDone>(failure);
        Assert.Equal(puts.Take(Limits.StagedItems).Select(p => p.Name), partly.Done);
        Assert.Equal(puts.Skip(Limits.StagedItems).Select(p => p.Name).Append("first"), partly.Left);
        var why = Assert.IsType<ClientFailure.Refused>(partly.Why);
        Assert.Equal((16777216L, 16000000L), (why.Limit, why.Used));
        Assert.Equal("the account is full: 16,777,216 bytes allowed, 16,000,000 used (account.size)", why.Message);
        Assert.Equal(["first", .. partly.Done.Order(StringComparer.Ordinal)], vault.Items.Select(i => i.Name));

        _phone.Relay.OnRequest = null;
        var rest = puts.Where(p => partly.Left.Contains(p.Name));
        TestDevice.Value(await vault.EditAsync([.. rest, new ItemEdit.Remove("first")]));
        Assert.Equal(puts.Select(p => p.Name).Order(StringComparer.Ordinal), vault.Items.Select(i => i.Name));
    }

    [Fact]
    public async Task An_item_of_a_later_commit_that_another_device_changes_meanwhile_is_not_replaced()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        TestDevice.Value(await onPhone.RefreshAsync());
        var puts = Puts();
        var commits = 0;
        _phone.Relay.BeforeAsync = async request =>
        {
            if (!IsCommit(request) || ++commits != 2) return;
            TestDevice.Value(await onLaptop.PutAsync(puts[^1].Name, "laptop"u8.ToArray()));
        };
        var partly = Assert.IsType<ClientFailure.PartlyDone>(TestDevice.Failure(await onPhone.EditAsync([.. puts])));
        var item = Assert.Single(Assert.IsType<ClientFailure.Conflict>(partly.Why).Items);
        Assert.Equal(puts[^1].Name, item.Name);
        Assert.Equal("laptop"u8.ToArray(), item.Theirs!.Value.ToArray());
        Assert.Equal("laptop"u8.ToArray(), TestDevice.Value(await onPhone.GetAsync(puts[^1].Name)));
    }

    [Fact]
    public async Task An_item_that_is_stored_ahead_is_stored_once_however_often_others_are_faster()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        var (commits, stored) = (0, new List<string>());
        _phone.Relay.BeforeAsync = async request =>
        {
            if (request.Method == HttpMethod.Put) stored.Add(request.RequestUri!.AbsolutePath);
            if (!IsCommit(request) || ++commits > 3) return;
            TestDevice.Value(await onLaptop.PutAsync("theirs", new byte[commits]));
        };
        TestDevice.Value(await onPhone.PutAsync("mine", new byte[Size]));
        Assert.Equal(4, commits);
        Assert.Single(stored);
        Assert.Equal(new byte[Size], TestDevice.Value(await onPhone.GetAsync("mine")));
    }

    [Fact]
    public async Task What_the_server_no_longer_has_is_stored_once_more()
    {
        using var vault = await CreateAsync();
        var lost = new HashSet<string>();
        // The answer of a server that let an older one give way before the commit came.
        _phone.Relay.OnRequest = (request, _) =>
            request.Method == HttpMethod.Put && lost.Add(request.RequestUri!.AbsolutePath)
                ? new HttpResponseMessage(HttpStatusCode.NoContent)
                : null;
        TestDevice.Value(await vault.EditAsync([.. Puts().Take(2)]));
        Assert.Equal(2, lost.Count);
        Assert.Equal(Size, TestDevice.Value(await vault.GetAsync("item 1")).Length);
    }

    [Fact]
    public async Task A_server_that_keeps_nothing_of_what_is_stored_is_not_asked_for_ever()
    {
        using var vault = await CreateAsync();
        var stored = 0;
        _phone.Relay.OnRequest = (request, _) =>
        {
            if (request.Method != HttpMethod.Put) return null;
            stored++;
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        };
        var failure = TestDevice.Failure(await vault.PutAsync("a", new byte[Size]));
        Assert.Equal("refused", Assert.IsType<ClientFailure.Refused>(failure).Type);
        Assert.Equal(4, stored);
    }

    [Fact]
    public async Task Ten_megabytes_are_put_and_then_replaced_by_ten_others()
    {
        using var vault = await CreateAsync();
        TestDevice.Value(await vault.EditAsync([.. Puts(40, 250_000)]));
        var others = Puts(40, 250_000);
        TestDevice.Value(await vault.EditAsync([.. others]));
        Assert.Equal(others[^1].Content.ToArray(), TestDevice.Value(await vault.GetAsync(others[^1].Name)));
    }

    [Fact]
    public async Task After_300_puts_that_were_cancelled_before_their_commit_the_next_one_works()
    {
        using var vault = await CreateAsync();
        for (var i = 0; i < 300; i++)
        {
            using var cancel = new CancellationTokenSource();
            _phone.Relay.BeforeAsync = request => IsCommit(request) ? cancel.CancelAsync() : Task.CompletedTask;
            var content = RandomNumberGenerator.GetBytes(Size);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => vault.PutAsync("a", content, cancel.Token));
        }
        _phone.Relay.BeforeAsync = null;
        TestDevice.Value(await vault.PutAsync("a", new byte[Size]));
        Assert.Equal(new byte[Size], TestDevice.Value(await vault.GetAsync("a")));
    }

    [Fact]
    public async Task After_65_conflicts_in_a_row_the_next_put_works()
    {
        using var onPhone = await CreateAsync();
        using var onLaptop = await _laptop.RecoverAsync(_code);
        TestDevice.Value(await onPhone.RefreshAsync());
        for (var i = 0; i <= Limits.StagedItems; i++)
        {
            TestDevice.Value(await onLaptop.PutAsync("a", BitConverter.GetBytes(i)));
            var failure = TestDevice.Failure(await onPhone.PutAsync("a", RandomNumberGenerator.GetBytes(Size)));
            Assert.IsType<ClientFailure.Conflict>(failure);
        }
        TestDevice.Value(await onPhone.PutAsync("a", new byte[Size]));
        Assert.Equal(new byte[Size], TestDevice.Value(await onPhone.GetAsync("a")));
    }

    [Fact]
    public async Task More_items_than_an_account_has_are_refused_before_anything_is_sent()
    {
        using var vault = await CreateAsync();
        var before = _phone.Relay.Requests;
        ImmutableArray<ItemEdit.Put> puts = Puts(Limits.Items, 1);
        var full = Assert.IsType<ClientFailure.Refused>(TestDevice.Failure(await vault.EditAsync([.. puts])));
        Assert.Equal(("limit-reached", "items", 1024L, 2L), (full.Type, full.Field, full.Limit, full.Used));
        Assert.Equal(before, _phone.Relay.Requests);
        TestDevice.Value(await vault.EditAsync([.. puts.Skip(2)]));
        // One is the account's own keys.
        Assert.Equal(Limits.Items - 1, vault.Items.Length);
    }

    private static ImmutableArray<ItemEdit.Put> Puts(int count = Count, int size = Size) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => new ItemEdit.Put($"item {i}", RandomNumberGenerator.GetBytes(size))),
    ];

    private static bool IsCommit(HttpRequestMessage request) => request.RequestUri!.AbsolutePath == "/v1/commits";

    private async Task<VaultSession> CreateAsync() => await _phone.CreateAsync(
        await fixture.Server.TokenAsync(Canary.NewText()), _code, "phone",
        new ItemEdit.Put("first", "first"u8.ToArray()));
}
