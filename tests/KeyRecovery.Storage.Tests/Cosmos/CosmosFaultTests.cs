using System.Collections.Concurrent;
using System.Net;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Options;
using KeyRecovery.Storage.Tests.Support;
using KeyRecovery.Testing.Needs;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyRecovery.Storage.Tests.Cosmos;

/// <summary>What is asked of an account, and what each of its answers is to the service.</summary>
public sealed class CosmosFaultTests(CosmosFixture cosmos) : IClassFixture<CosmosFixture>, IAsyncLifetime
{
    private static readonly RowKey Key = new(Table.Items, new byte[] { 1 });

    private static readonly RequestLimits Quick = new()
    {
        Budget = TimeSpan.FromSeconds(3), Attempt = TimeSpan.FromSeconds(1), Retries = 2,
        FirstWait = TimeSpan.FromMilliseconds(1), LongestWait = TimeSpan.FromMilliseconds(5), LeastAttempts = 1000,
    };

    private readonly ConcurrentQueue<HttpRequestMessage> _asked = new();
    private volatile Func<HttpRequestMessage, HttpResponseMessage?> _answer = _ => null;
    private CosmosStorePair _pair = null!;

    public async Task InitializeAsync()
    {
        var name = $"test-{Guid.NewGuid():N}";
        var home = new CosmosStoreHome(
            Account(StoreKind.Data), Account(StoreKind.Keys), SystemRandom.Instance,
            new ServerClock(TimeProvider.System), NullLoggerFactory.Instance);
        await home.MigrateAsync();
        _pair = (CosmosStorePair)await home.OpenAsync();

        CosmosAccountOptions Account(StoreKind kind) => cosmos.Emulator.Account(
            kind, name, next => new Between(next, request =>
            {
                _asked.Enqueue(request);
                return _answer(request);
            })) with { Requests = Quick };
    }

    public async Task DisposeAsync() => await _pair.DisposeAsync();

    private ValueTask<WriteResult> Write(params RowWrite[] writes) => _pair.Data.WriteAsync(writes, default);

    private static bool IsDocument(HttpRequestMessage request) =>
        request.RequestUri!.AbsolutePath.Contains("/docs", StringComparison.Ordinal);

    private void Answer(HttpMethod method, int status, int subStatus = 0) => _answer = request =>
    {
        if (!IsDocument(request) || request.Method != method) return null;
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent("{}") };
        response.Headers.Add("x-ms-substatus", $"{subStatus}");
        response.Headers.Add("x-ms-retry-after-ms", "1");
        return response;
    };

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData(429, 3200, StoreFault.Busy)]
    [InlineData(403, 1014, StoreFault.Full)]
    [InlineData(403, 0, StoreFault.Failed)]
    [InlineData(401, 0, StoreFault.Failed)]
    [InlineData(400, 0, StoreFault.Failed)]
    [InlineData(413, 0, StoreFault.Failed)]
    [InlineData(500, 0, StoreFault.Failed)]
    [InlineData(404, 1003, StoreFault.Failed)]
    public async Task A_step_that_is_not_done_stops_the_write_there_and_says_why(int status, int sub, StoreFault fault)
    {
        Answer(HttpMethod.Delete, status, sub);
        Assert.Equal(
            new WriteResult.Unavailable(1, fault),
            await Write(
                new RowWrite.Ensure(Key, new byte[] { 1 }), new RowWrite.Remove(Key),
                new RowWrite.Create(new RowKey(Table.Links, Key.Id), new byte[] { 2 })));
        Answer(HttpMethod.Get, status, sub);
        var unread = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _pair.Data.ReadAsync(Key, default));
        Assert.Equal(fault, unread.Reason);
        unread = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
        {
            await foreach (var _ in _pair.Data.ScanAsync(Table.Items, default)) { }
        });
        Assert.Equal(fault, unread.Reason);
        _answer = _ => null;
        Assert.NotNull(await _pair.Data.ReadAsync(Key, default));
        Assert.Null(await _pair.Data.ReadAsync(new RowKey(Table.Links, Key.Id), default));
    }

    /// <summary>The SDK would go on for a minute, and for two.</summary>
    [NeedsFact(Need.CosmosEmulator)]
    public async Task Another_writer_and_a_lost_connection_are_told_after_our_own_retries()
    {
        Answer(HttpMethod.Delete, 449);
        Assert.Equal(
            new WriteResult.Unavailable(0, StoreFault.Busy), await Write(new RowWrite.Remove(Key)));
        Assert.Equal(1 + Quick.Retries, _asked.Count(request => request.Method == HttpMethod.Delete));
        _asked.Clear();
        _answer = request => IsDocument(request) ? throw new HttpRequestException("the connection is lost") : null;
        Assert.Equal(
            new WriteResult.Unavailable(0, StoreFault.Failed), await Write(new RowWrite.Remove(Key)));
        Assert.Equal(1 + Quick.Retries, _asked.Count(request => request.Method == HttpMethod.Delete));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _pair.Data.ReadAsync(Key, default));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Of_steps_of_any_order_one_that_fails_keeps_no_other_from_being_done()
    {
        Answer(HttpMethod.Delete, 429);
        var others = Enumerable.Range(2, 30).Select(i => new RowKey(Table.Items, new[] { (byte)i })).ToList();
        Assert.Equal(
            new WriteResult.Unavailable(0, StoreFault.Busy),
            await _pair.Data.WriteAnyOrderAsync(
                [new RowWrite.Remove(Key), .. others.Select(key => new RowWrite.Ensure(key, new byte[] { 1 }))],
                default));
        foreach (var key in others) Assert.NotNull(await _pair.Data.ReadAsync(key, default));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_is_not_read_names_no_document()
    {
        Answer(HttpMethod.Get, 500);
        var unread = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _pair.Data.ReadAsync(Key, default));
        Assert.DoesNotContain(DocumentName.Of(Key).Id, unread.ToString(), StringComparison.Ordinal);
    }

    [NeedsTheory(Need.CosmosEmulator)]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":"5.AQ","pk":"AQ","v":1,"h":1,"d":"AQ==","_etag":""}""")]
    [InlineData("""{"id":"5.Ag","pk":"Ag","v":1,"h":1,"d":"AQ==","_etag":"x"}""")]
    [InlineData("""{"id":"2.AQ","pk":"AQ","v":1,"h":1,"d":"AQ==","_etag":"x"}""")]
    [InlineData("""{"Documents":[{"id":"5.AQ"}]}""")]
    [InlineData("""{"Documents":7}""")]
    public async Task A_crafted_answer_is_neither_a_row_nor_none(string body)
    {
        await Write(new RowWrite.Ensure(Key, new byte[] { 1 }));
        _answer = request => IsDocument(request) && request.Method == HttpMethod.Get
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body) } : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _pair.Data.ReadAsync(Key, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await _pair.Data.HeadAsync(Key, default));
        if (!body.StartsWith("{\"id", StringComparison.Ordinal))
            await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            {
                await foreach (var _ in _pair.Data.ScanAsync(Table.Items, default)) { }
            });
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task A_value_whose_document_is_too_large_is_a_callers_mistake_and_nothing_is_sent()
    {
        var most = (RowDocument.MaxSize - RowDocument.SizeOf(Key, 0)) / 4 * 3;
        Assert.IsType<WriteResult.Written>(await Write(new RowWrite.Ensure(Key, new byte[most])));
        _asked.Clear();
        await Assert.ThrowsAsync<ArgumentException>(async () => await Write(
            new RowWrite.Remove(Key), new RowWrite.Ensure(Key, new byte[most + 3])));
        Assert.Empty(_asked);
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Conditions_stand_in_a_replacement_or_a_deletion_and_never_in_what_may_create()
    {
        await Write(new RowWrite.Create(Key, new byte[] { 1 }));
        var row = (await _pair.Data.ReadAsync(Key, default))!;
        _asked.Clear();
        await Write(new RowWrite.Replace(row, new byte[] { 2 }), new RowWrite.Ensure(Key, new byte[] { 3 }));
        await Write(new RowWrite.Delete((await _pair.Data.HeadAsync(Key, default))!), new RowWrite.Remove(Key));
        var writes = _asked.Where(IsDocument).Where(request => request.Method != HttpMethod.Get).ToList();
        Assert.Equal(["PUT True", "POST False", "DELETE True", "DELETE False"],
            writes.Select(request => $"{request.Method} {request.Headers.Contains("If-Match")}"));
        Assert.DoesNotContain(_asked, request => request.Headers.Contains("x-ms-cosmos-is-batch-request")
            || request.Headers.Contains("x-ms-documentdb-isquery"));
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task What_an_id_names_by_its_content_is_read_from_any_replica_and_asked_again_where_it_is_absent()
    {
        Assert.Equal(["Eventual", ""], await LevelsAsync(() => _pair.Data.ReadAsync(Key, default)));
        await Write(new RowWrite.Create(Key, new byte[] { 1 }));
        Assert.Equal(["Eventual"], await LevelsAsync(() => _pair.Data.ReadAsync(Key, default)));
        Assert.Equal([""], await LevelsAsync(() => _pair.Data.HeadAsync(Key, default)));
        var account = new RowKey(Table.Accounts, Key.Id);
        Assert.Equal([""], await LevelsAsync(() => _pair.Data.ReadAsync(account, default)));
        Assert.Equal([""], await LevelsAsync(
            () => _pair.Keys.ReadAsync(new RowKey(Table.KeyRows, Key.Id), default)));
    }

    private async Task<IEnumerable<string>> LevelsAsync(Func<ValueTask<Row?>> read)
    {
        _asked.Clear();
        await read();
        return _asked.Where(IsDocument).Select(request =>
            request.Headers.TryGetValues("x-ms-consistency-level", out var level) ? level.Single() : "");
    }

    [NeedsFact(Need.CosmosEmulator)]
    public async Task Nothing_but_the_two_endpoints_is_asked()
    {
        await Write(new RowWrite.Ensure(Key, new byte[] { 1 }));
        await _pair.CheckAsync();
        string[] own = [.. Enum.GetValues<StoreKind>().Select(kind => cosmos.Emulator.EndpointOf(kind).Authority)];
        Assert.Equal(own.Order(), _asked.Select(request => request.RequestUri!.Authority).Distinct().Order());
    }

    /// <summary>Z18: whoever answers at a link-local address is asked for nothing.</summary>
    [Theory]
    [InlineData("forbidden", false)]
    [InlineData("control", true)]
    public async Task No_metadata_service_is_asked_and_in_the_control_it_is(string way, bool isAsked)
    {
        using var child = Child.Start("metadata", way);
        var hosts = new List<string>();
        while (await child.ReadLineAsync() is { } host) hosts.Add(host);
        Assert.Contains("account.invalid", hosts);
        Assert.Equal(isAsked, hosts.Contains("169.254.169.254"));
    }
}
