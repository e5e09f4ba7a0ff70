using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Rules;

/// <summary>What a server asks of a link beyond the chain's own rules.</summary>
public sealed class LinkRuleTests
{
    private readonly TestRandom _random = new(1);

    [Fact]
    public async Task Past_the_days_links_one_must_remove_as_many_as_it_adds_so_that_a_thief_cannot_use_them_up()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        var account = TestAccount.Begin(_random, phone, []);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account));
        using var first = TestAuthority.Code(_random);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [first] })));
        for (var link = 2; link < Limits.LinksPerDay; link++)
            Assert.IsType<Outcome<Heads>.Done>(
                await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Mend = true })));

        using var late = TestAuthority.Code(_random);
        var before = account.Now;
        var refused = await server.CommitAsync(
            account, phone, Fork(account, phone, new AccountChange { Add = [late] }));
        Assert.Equal(
            new ServiceFailure(ErrorCode.LimitReached) {
                Field = "links", Most = Limits.LinksPerDay, Used = Limits.LinksPerDay,
            },
            Assert.IsType<Outcome<Heads>.Failed>(refused).Failure);
        Assert.Equal(before.Manifest.Hash, account.Now.Manifest.Hash);
        var mend = await server.CommitAsync(account, phone, Fork(account, phone, new AccountChange { Mend = true }));
        Assert.Equal(ErrorCode.LimitReached, Assert.IsType<Outcome<Heads>.Failed>(mend).Failure.Code);

        // The way out stays open, and tomorrow is another day.
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, phone, account.Commit(phone, new AccountChange { Add = [late], Remove = [first] })));
        server.Time.Advance(TimeSpan.FromDays(1));
        using var tomorrow = TestAuthority.Code(_random);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [tomorrow] })));
    }

    [Fact]
    public async Task A_new_device_may_remove_an_older_one_when_72_hours_have_passed_and_a_younger_one_at_once()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        using var laptop = TestAuthority.Device(_random);
        using var tablet = TestAuthority.Device(_random);
        var account = TestAccount.Begin(_random, phone, []);
        Assert.IsType<Outcome<Heads>.Done>(await server.CreateAsync(account));
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop] })));
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, laptop, account.Commit(laptop, new AccountChange { Add = [tablet] })));

        server.Time.Advance(TimeSpan.FromHours(72) - TimeSpan.FromSeconds(1));
        var removal = new AccountChange { Remove = [phone] };
        var young = Assert.IsType<Outcome<Heads>.Failed>(
            await server.CommitAsync(account, laptop, Fork(account, laptop, removal))).Failure;
        Assert.Equal(ErrorCode.YoungAuthority, young.Code);
        Assert.Equal((ulong)server.Time.GetUtcNow().AddSeconds(1).ToUnixTimeSeconds(), young.TrustedFrom);

        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, laptop, account.Commit(laptop, new AccountChange { Remove = [tablet] })));
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<Outcome<Heads>.Done>(await server.CommitAsync(account, laptop, account.Commit(laptop, removal)));
    }

    [Fact]
    public async Task A_slot_is_trusted_at_once_where_a_trusted_authority_added_it_and_later_where_a_young_one_did()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        using var laptop = TestAuthority.Device(_random);
        using var byPhone = TestAuthority.Code(_random);
        using var byLaptop = TestAuthority.Code(_random);
        var account = TestAccount.Begin(_random, phone, []);
        await server.CreateAsync(account);
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop, byPhone] }));
        var heads = Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, laptop, account.Commit(laptop, new AccountChange { Add = [byLaptop] }))).Value;
        var now = (ulong)server.Time.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal(now, heads.TrustedFrom[byPhone.Id]);
        Assert.Equal(now + (72 * 3600), heads.TrustedFrom[byLaptop.Id]);
    }

    // A commit that the account does not take over: it is expected to be refused.
    private CommitBundle Fork(TestAccount account, TestAuthority signer, AccountChange change)
    {
        using var open = account.Open(signer);
        var draft = ChainLinkDraft.Next(
            open, new ChainLinkChange([.. change.Add.Select(a => a.Added)], [.. change.Remove.Select(r => r.Id)],
                change.Mend), signer.Id, 1, _random);
        var link = draft.Sign(
            signer.Signing,
            change.Add.ToDictionary(a => a.Id, a => ChainLinkDraft.ProvePossession(a.Signing, draft.Body)));
        return new CommitBundle(link, draft.Keyset,
            ManifestDraft.Next(open, draft, new ManifestChange(), signer.Id, signer.Signing, _random), []);
    }
}
