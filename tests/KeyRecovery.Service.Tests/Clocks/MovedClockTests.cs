using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;
using KeyRecovery.Service.Maintenance;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Clocks;

/// <summary>F25: what is young, kept, counted or linked when somebody sets the clock of a server that runs.</summary>
public sealed class MovedClockTests
{
    private readonly TestRandom _random = new(25);

    [Theory]
    [InlineData(96)]
    [InlineData(-96)]
    public async Task F25_a_device_that_is_added_under_a_moved_clock_is_no_less_young_when_it_is_right_again(int hours)
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        using var laptop = TestAuthority.Device(_random);
        server.Time.Advance(TimeSpan.FromHours(200));
        server.Time.Set(TimeSpan.FromHours(hours));
        await CommitAsync(server, account, phone, new AccountChange { Add = [laptop] });
        server.Time.Set(TimeSpan.FromHours(-hours));
        server.Time.Advance(TimeSpan.FromHours(72) - TimeSpan.FromSeconds(1));
        var removal = account.Commit(laptop, new AccountChange { Remove = [phone] });
        Assert.Equal(
            ErrorCode.YoungAuthority,
            Assert.IsType<Outcome<Heads>.Failed>(await server.CommitAsync(account, laptop, removal)).Failure.Code);
        // Set back, it was as old as ever; set forward, it is late by as much, and not early.
        server.Time.Advance(TimeSpan.FromSeconds(1) + TimeSpan.FromHours(Math.Max(0, hours)));
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(account, laptop, removal));
    }

    [Theory]
    [InlineData(96)]
    [InlineData(-96)]
    public async Task F25_a_code_that_a_trusted_device_makes_under_a_moved_clock_is_trusted_at_once(int hours)
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        using var code = TestAuthority.Code(_random);
        server.Time.Advance(TimeSpan.FromHours(200));
        server.Time.Set(TimeSpan.FromHours(hours));
        await CommitAsync(server, account, phone, new AccountChange { Add = [code] });
        await CommitAsync(server, account, code, new AccountChange { Remove = [phone] });
    }

    [Fact]
    public async Task F25_what_is_stored_while_the_clock_is_back_is_not_swept_when_it_is_right_again()
    {
        await using var server = await TestService.OpenAsync();
        var (account, phone, _) = await server.NewAccountAsync(_random, "user");
        server.Time.Advance(TimeSpan.FromHours(200));
        server.Time.Set(TimeSpan.FromHours(-100));
        using (var vault = account.Open(phone))
        {
            var header = new ItemHeader(
                account.Now.Account, new ItemId(_random.Bytes(16)), 1, vault.Keys.Current.Epoch, default);
            var item = SealedItem.Seal(vault.Keys.Current, header, "item", new byte[100], _random);
            using var open = await server.PassAsync(account, phone);
            Assert.IsType<Outcome<Hash256>.Done>(
                await server.Service.Staging.PutAsync(open, Hash256.Of(item), item, default));
        }

        server.Time.Set(TimeSpan.FromHours(100));
        Assert.Equal(0, (await SweepAsync(server)).StagedItems);
        // Nor by a clock that is set forward; when the day has passed, it goes.
        server.Time.Set(TimeSpan.FromHours(100));
        Assert.Equal(0, (await SweepAsync(server)).StagedItems);
        server.Time.Set(TimeSpan.FromHours(-100));
        server.Time.Advance(TimeSpan.FromHours(26));
        Assert.Equal(1, (await SweepAsync(server)).StagedItems);
    }

    [Fact]
    public void F25_a_link_session_lives_neither_shorter_nor_longer_by_a_clock_that_is_set()
    {
        var time = new TwoClocks(new DateTimeOffset(2026, 6, 1, 8, 0, 0, TimeSpan.Zero));
        using var relay = new LocalLinkRelay(new ServerClock(time));
        var pair = new RelayPair(relay);
        Relayed.Is(LinkRelayLimits.UnclaimedLife, pair.Open());
        time.Set(TimeSpan.FromDays(4));
        Relayed.Is(LinkRelayLimits.UnclaimedLife, pair.Open());
        time.Set(TimeSpan.FromDays(-8));
        time.Advance(LinkRelayLimits.UnclaimedLife);
        Relayed.Fails(ErrorCode.NotFound, pair.Claim());
    }

    private static async Task CommitAsync(
        TestService server, TestAccount account, TestAuthority signer, AccountChange change) =>
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(account, signer, account.Commit(signer, change)));

    private static async Task<SweepReport> SweepAsync(TestService server) =>
        await server.Service.Sweeper.SweepAsync(TimeSpan.FromHours(24), default);
}
