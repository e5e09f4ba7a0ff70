using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Linking;

/// <summary>The threats over the relay of one process, and what it alone has: an end to its memory.</summary>
public sealed class RelayThreatTests : LinkRelayThreats<LocalRelay>
{
    [Fact]
    public void A_full_relay_says_so_and_loses_nothing()
    {
        var pairs = Enumerable.Range(0, LinkRelayLimits.Sessions).Select(_ => new RelayPair(Relay).Claimed()).ToList();
        Relayed.Fails(ErrorCode.Unavailable, new RelayPair(Relay).Open());

        var message = new byte[LinkLimits.MessageBytes];
        var full = (int)(LinkRelayLimits.Bytes / LinkLimits.MessageBytes);
        for (var i = 0; i < full; i++) Relayed.Is(LinkReceipt.Done, pairs[i / 64].Put(LinkSide.New, i % 64, message));
        Relayed.Fails(ErrorCode.Unavailable, pairs[^1].Put(LinkSide.New, 0, message));
        Relayed.Is(LinkReceipt.Repeated, pairs[0].Put(LinkSide.New, 0, message));
        Relayed.Is(LinkReceipt.Done, pairs[0].End(LinkSide.New));
        Relayed.Is(LinkReceipt.Done, pairs[^1].Put(LinkSide.New, 0, message));
    }
}

/// <summary>The threats over the relay of several, on SQLite.</summary>
public sealed class StoreRelayThreatTests : LinkRelayThreats<StoreRelay>;

/// <summary>The threats over the relay of several, on a store that goes step by step.</summary>
public sealed class StepwiseRelayThreatTests : LinkRelayThreats<StepwiseRelay>;

/// <summary>A device that is removed, on either relay.</summary>
public sealed class RemovedDeviceSessionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_removes_a_device_ends_the_sessions_it_opened_and_no_others(bool sharesLinks)
    {
        await using var server = await TestService.OpenAsync(
            Directory.CreateTempSubdirectory("keyrecovery-relay-").FullName, new TestRandom(7),
            sharesLinks: sharesLinks);
        var random = new TestRandom(3);
        using var phone = TestAuthority.Device(random);
        using var laptop = TestAuthority.Device(random);
        var account = TestAccount.Begin(random, phone);
        Relayed.Done(await server.CreateAsync(account));
        Relayed.Done(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop] })));
        var relay = server.Service.Links;
        var (mine, theirs) = (Opened(relay, account.Now.Account, phone.Id),
            Opened(relay, account.Now.Account, laptop.Id));

        Relayed.Done(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Remove = [laptop] })));
        Relayed.Is(LinkReceipt.Done, mine.Put(LinkSide.Existing, 0, [1]));
        Relayed.Fails(ErrorCode.NotFound, theirs.Put(LinkSide.Existing, 0, [1]));
    }

    private static RelayPair Opened(ILinkRelay relay, AccountId account, AuthorityId authority) =>
        new RelayPair(relay, account) { Authority = authority }.Claimed();
}
