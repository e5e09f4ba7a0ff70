using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Log;

/// <summary>
/// Stores of yesterday beside the log of today: what was published stands, no leaf comes twice, and whatever is of
/// another log is refused.
/// </summary>
[Trait("Store", "Files")]
public sealed class LogRestoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keyrecovery-log-").FullName;
    private readonly TestRandom _random = new(99);
    private TestService _server = null!;

    private string Live => Path.Combine(_folder, "live");

    private string Yesterday => Path.Combine(_folder, "yesterday");

    [Theory]
    [InlineData("data")]
    [InlineData("keys")]
    [InlineData("data", "keys")]
    public async Task What_was_published_stands_and_the_log_goes_on_behind_it(params string[] restored)
    {
        await OpenAsync(Live);
        var (early, phone) = await NewAsync("early");
        await NewAsync("other");
        await CloseAsync();
        LogWorld.Copy(Live, Yesterday);
        await OpenAsync(Live);
        for (var i = 0; i < 5; i++) await NewAsync($"late {i}");
        // One that yesterday's stores have waiting, and that was appended since.
        var before = await HashesAsync();
        await CloseAsync();
        foreach (var store in restored) Put(Path.Combine(Yesterday, store), Path.Combine(Live, store));

        await OpenAsync(Live);
        Assert.Equal(before, await HashesAsync());
        Assert.IsType<Outcome<Heads>.Done>(await _server.CommitAsync(
            early, phone, early.Commit(phone, new AccountChange { Put = [(new ItemId(new byte[16]), [1])] })));
        await NewAsync("new");

        var after = await HashesAsync();
        Assert.Equal(before, after.Take(before.Count));
        Assert.Equal(before.Count + 2, after.Count);
        Assert.Distinct(after);
        Assert.DoesNotContain(
            (await _server.Service.Audit.RunAsync(default)).Damaged,
            fault => fault.Contains("log", StringComparison.Ordinal));
        await CloseAsync();
    }

    [Fact]
    public async Task A_change_that_waited_in_yesterdays_store_is_not_appended_twice()
    {
        await OpenAsync(Live);
        await NewAsync("appended");
        // It waits while the copy is made.
        await CreateAsync("waiting");
        await CloseAsync();
        LogWorld.Copy(Live, Yesterday);
        await OpenAsync(Live);
        await HashesAsync();
        await NewAsync("in a later batch");
        var before = await HashesAsync();
        Assert.Equal(3, before.Count);
        await CloseAsync();
        Put(Path.Combine(Yesterday, "data"), Path.Combine(Live, "data"));

        await OpenAsync(Live);
        Assert.Equal(1, await LogWorld.WaitingAsync(_server));
        Assert.Equal(before, await HashesAsync());
        Assert.Equal(0, await LogWorld.WaitingAsync(_server));
        await CloseAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    public async Task A_log_that_was_carried_on_elsewhere_is_refused_with_the_leaf_and_nothing_is_signed(int elsewhere)
    {
        await OpenAsync(Live);
        await NewAsync("both");
        await CloseAsync();
        LogWorld.Copy(Live, Yesterday);
        await OpenAsync(Live);
        for (var i = 0; i < 4; i++) await NewAsync($"here {i}");
        await CloseAsync();
        // The same server, put up once more from yesterday's copy.
        await OpenAsync(Yesterday);
        for (var i = 0; i < elsewhere; i++) await NewAsync($"elsewhere {i}");
        await CloseAsync();
        Put(Path.Combine(Yesterday, "log"), Path.Combine(Live, "log"));
        var published = await File.ReadAllBytesAsync(Path.Combine(Live, "log", "checkpoint"));

        await OpenAsync(Live, isOpened: false);
        var refused = await Assert.ThrowsAsync<LogMismatchException>(() => _server.Service.Log!.OpenAsync(default));

        Assert.InRange(refused.Index, 1UL, 9UL);
        Assert.Equal(published, await File.ReadAllBytesAsync(Path.Combine(Live, "log", "checkpoint")));
        await CloseAsync();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task OpenAsync(string folder, bool isOpened = true)
    {
        _server = await TestService.OpenAsync(folder, SystemRandom.Instance);
        if (isOpened) await _server.Service.Log!.OpenAsync(default);
    }

    private Task CloseAsync() => _server.CloseAsync().AsTask();

    private async Task<(TestAccount Account, TestAuthority Phone)> NewAsync(string subject)
    {
        var made = await CreateAsync(subject);
        await _server.Service.Log!.PassAsync(default);
        return made;
    }

    private async Task<(TestAccount Account, TestAuthority Phone)> CreateAsync(string subject)
    {
        var phone = TestAuthority.Device(_random);
        var account = TestAccount.Begin(_random, phone, []);
        Assert.IsType<Outcome<Heads>.Done>(await _server.CreateAsync(account, subject));
        return (account, phone);
    }

    private async Task<List<Hash256>> HashesAsync()
    {
        await _server.Service.Log!.PassAsync(default);
        return [.. (await LogWorld.LeavesAsync(_server)).Select(leaf => MerkleTree.LeafHash(leaf.Span))];
    }

    private static void Put(string from, string to)
    {
        Directory.Delete(to, recursive: true);
        LogWorld.Copy(from, to);
    }
}
