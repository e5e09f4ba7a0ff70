using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Operations;
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

        using var late = TestAuthority.Device(_random);
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

        // The way out stays open, and once a day a new way in.
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, phone, account.Commit(phone, new AccountChange { Add = [late], Remove = [first] })));
        using var code = TestAuthority.Code(_random);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [code] })));
        using var another = TestAuthority.Code(_random);
        var second = await server.CommitAsync(
            account, phone, Fork(account, phone, new AccountChange { Add = [another] }));
        Assert.Equal(ErrorCode.LimitReached, Assert.IsType<Outcome<Heads>.Failed>(second).Failure.Code);

        // Tomorrow is another day.
        server.Time.Advance(TimeSpan.FromDays(1));
        using var tomorrow = TestAuthority.Code(_random);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [tomorrow] })));
    }

    /// <summary>F01, F04: what a device of an hour ago must not do, it does not.</summary>
    [Fact]
    public async Task A_new_device_removes_nobody_and_begins_no_epoch_before_72_hours_have_passed()
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
        AccountChange[] forbidden =
        [
            new AccountChange { Remove = [phone] }, new AccountChange { Remove = [tablet] },
            new AccountChange { Mend = true },
        ];
        foreach (var change in forbidden)
        {
            var young = Assert.IsType<Outcome<Heads>.Failed>(
                await server.CommitAsync(account, laptop, Fork(account, laptop, change))).Failure;
            Assert.Equal(ErrorCode.YoungAuthority, young.Code);
            Assert.Equal((ulong)server.Time.GetUtcNow().AddSeconds(1).ToUnixTimeSeconds(), young.TrustedFrom);
        }

        server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, laptop, account.Commit(laptop, forbidden[0])));
    }

    /// <summary>F01: nor does it bring in an army.</summary>
    [Fact]
    public async Task Young_devices_together_add_four_who_are_young_and_whom_they_add_adds_nobody()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        using var laptop = TestAuthority.Device(_random);
        var account = TestAccount.Begin(_random, phone, []);
        await server.CreateAsync(account);
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop] })));

        var army = Enumerable.Range(0, 5).Select(_ => TestAuthority.Device(_random)).ToArray();
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, laptop, account.Commit(laptop, new AccountChange { Add = [.. army[..3]] })));
        await RefusedAsync(
            laptop, new AccountChange { Add = [.. army[3..]] }, ErrorCode.LimitReached, "young.additions");
        await RefusedAsync(army[0], new AccountChange { Add = [army[3]] }, ErrorCode.YoungAuthority, "link.add");
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, laptop, account.Commit(laptop, new AccountChange { Add = [army[3]] })));
        await RefusedAsync(laptop, new AccountChange { Add = [army[4]] }, ErrorCode.LimitReached, "young.additions");
        foreach (var soldier in army) soldier.Dispose();

        async Task RefusedAsync(TestAuthority signer, AccountChange change, ErrorCode code, string field)
        {
            var failure = Assert.IsType<Outcome<Heads>.Failed>(
                await server.CommitAsync(account, signer, Fork(account, signer, change))).Failure;
            Assert.Equal((code, field), (failure.Code, failure.Field));
        }
    }

    [Fact]
    public async Task Young_devices_together_sign_four_links_a_day_and_five_hundred_commits()
    {
        await using var server = await TestService.OpenAsync();
        using var phone = TestAuthority.Device(_random);
        using var laptop = TestAuthority.Device(_random);
        var account = TestAccount.Begin(_random, phone, []);
        await server.CreateAsync(account);
        await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange { Add = [laptop] }));
        var item = new ItemId(_random.Bytes(16));
        for (var commit = 0; commit < YoungLimits.CommitsPerDay; commit++)
            Assert.IsType<Outcome<Heads>.Done>(
                await server.CommitAsync(
                    account, laptop, account.Commit(laptop, new AccountChange { Put = [(item, [1])] })));

        var bundle = account.Commit(laptop, new AccountChange { Put = [(item, [2])] });
        var refused = await server.CommitAsync(account, laptop, bundle);
        Assert.Equal(
            new ServiceFailure(ErrorCode.LimitReached) {
                Field = "young.commits", Most = YoungLimits.CommitsPerDay, Used = YoungLimits.CommitsPerDay,
            },
            Assert.IsType<Outcome<Heads>.Failed>(refused).Failure);
        account.Forget();
        // Whom the account trusts goes on.
        Assert.IsType<Outcome<Heads>.Done>(
            await server.CommitAsync(
                account, phone, account.Commit(phone, new AccountChange { Put = [(item, [3])] })));
        server.Time.Advance(TimeSpan.FromDays(1));
        for (var link = 0; link < YoungLimits.LinksPerDay; link++)
        {
            using var slot = TestAuthority.Code(_random);
            Assert.IsType<Outcome<Heads>.Done>(
                await server.CommitAsync(account, laptop, account.Commit(laptop, new AccountChange { Add = [slot] })));
            using var gone = TestAuthority.Code(_random);
            Assert.IsType<Outcome<Heads>.Done>(
                await server.CommitAsync(account, phone, account.Commit(phone, new AccountChange {
                    Add = [gone], Remove = [slot] })));
        }

        using var fifth = TestAuthority.Code(_random);
        var links = Assert.IsType<Outcome<Heads>.Failed>(
            await server.CommitAsync(account, laptop, Fork(account, laptop, new AccountChange { Add = [fifth] })))
            .Failure;
        Assert.Equal((ErrorCode.LimitReached, "young.links"), (links.Code, links.Field));
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
