using System.Net;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Api.Tests.Faults;

/// <summary>F31: the same item twice in one commit is its sender's fault.</summary>
public sealed class SameItemTwiceTests : IAsyncLifetime
{
    private TestHost _host = null!;

    [Fact]
    public async Task F31_in_a_commit_it_is_refused_and_nothing_is_written()
    {
        var account = await TestAccount.CreateAsync(_host);
        using var vault = await account.OpenAsync();
        var commit = TestAccount.ItemCommit(vault, account.Phone);
        var before = await StoreSnapshot.TakeAsync(_host);
        using var refused = await account.CommitAsync(
            account.Phone, commit with { Items = [commit.Items[0], commit.Items[0]] });
        Assert.True(refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity,
            $"{refused.StatusCode}");
        Assert.Equal(before, await StoreSnapshot.TakeAsync(_host));
        await account.CommittedAsync(account.Phone, commit);
    }

    [Fact]
    public async Task F31_in_a_creation_too()
    {
        var begin = Party.Device().Begin("demo");
        using var vault = await (await TestAccount.CreateAsync(_host)).OpenAsync();
        var (item, _) = TestAccount.Put(vault, [1]);
        var before = await StoreSnapshot.TakeAsync(_host);
        using var refused = await _host.CreateAccountAsync(
            await _host.TokenAsync("twice"), (begin with { Items = [item, item] }).Encode());
        Assert.True(refused.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity,
            $"{refused.StatusCode}");
        Assert.Equal(before, await StoreSnapshot.TakeAsync(_host));
    }

    public async Task InitializeAsync() =>
        _host = await TestHost.StartAsync(new(VaultFixture.Settings) { ["LogLevel"] = "Information" });

    public async Task DisposeAsync()
    {
        await using (_host) AlarmLines.AssertNone(_host.ReadLog());
    }
}
