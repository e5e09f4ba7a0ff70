using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Realms;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Tests.Support;
using KeyRecovery.Testing;

namespace KeyRecovery.Service.Tests.Model;

/// <summary>
/// A realm of another operator, with stores and a clock of its own that no restore of the home touches, and what the
/// rules promise of its shares (docs/protocol.md §14): none goes that the account still has, unless an authority and
/// the home work together.
/// </summary>
internal sealed class Witness : IAsyncDisposable
{
    private readonly ModelWorld _world;
    private readonly TestService _server;
    private readonly OprfKeyShares _shares;
    private readonly Lookups _lookups;
    private readonly List<AuthorityId> _slots = [];
    private readonly HashSet<AuthorityId> _missed = [];

    private Witness(ModelWorld world, TestService server)
    {
        (_world, _server) = (world, server);
        _shares = OprfKeyShares.Split(1, 1, world.Random);
        _lookups = new Lookups(server.LookupKey, world.Random);
        User = new AppUser(world.Home.Account.AppId, "issuer", "the owner");
    }

    /// <summary>The owner, as the app's tokens name them; a culprit has such tokens too.</summary>
    public AppUser User { get; }

    /// <summary>Whether the home has lied to it: whatever it keeps since may be above all that is true.</summary>
    public bool IsLiedTo { get; set; }

    /// <summary>Every word for a fork that was sent: who listens may send it again.</summary>
    public List<RealmFork> Words { get; } = [];

    public RealmIdentity Identity => _server.Service.Realm.Identity;

    public static async Task<Witness> OpenAsync(ModelWorld world, VerifyKey home)
    {
        var folder = Directory.CreateTempSubdirectory("keyrecovery-witness-").FullName;
        var server = await TestService.OpenAsync(folder, new TestRandom(77));
        server.Homes = [home];
        return new Witness(world, server);
    }

    public async ValueTask DisposeAsync()
    {
        _lookups.Dispose();
        _shares.Dispose();
        await _server.DisposeAsync();
    }

    /// <summary>A slot that is guarded by this realm alone.</summary>
    public TestAuthority NewSlot() => TestAuthority.Slot(
        AuthorityKind.Passphrase, PassphraseParameters.Create(
            StretchProfile.Mobile, 1, [new RealmShare(Identity.Fingerprint, _shares.ShareKeys[0])]).Encode(),
        _world.Random);

    /// <summary>Registers a slot, with the vault that somebody knows.</summary>
    public async Task<bool> RegisterAsync(Member by, VerifiedVault vault, TestAuthority slot)
    {
        var body = RealmRegister.Seal(
            Identity, slot.Id, slot.Signing.PublicKey, _shares.Shares[0], vault.Head, LinksOf(vault), by.Id,
            by.Keys.Signing, _world.Random);
        var outcome = await Realm().RegisterAsync(User, RealmRegister.Decode(body), Hash256.Of(body), default);
        if (outcome is Outcome<byte[]>.Done) _slots.Add(slot.Id);
        _world.Tally.Count(outcome is Outcome<byte[]>.Done ? "registered" : "registration refused");
        await CheckAsync();
        return outcome is Outcome<byte[]>.Done;
    }

    /// <summary>Has it follow a head.</summary>
    public async Task<Outcome<byte[]>> FollowAsync(
        SignedHead head, IEnumerable<ReadOnlyMemory<byte>> links, IEnumerable<SignedClaim> claims,
        RealmFork? word = null)
    {
        if (word is not null) Words.Add(word);
        var body = RealmFollow.Encode(head, [.. links], [.. claims.Select(c => c.Bytes)], word);
        var outcome = await Realm().FollowAsync(RealmFollow.Decode(body), Hash256.Of(body), default);
        await CheckAsync();
        return outcome;
    }

    /// <summary>Has it follow what somebody knows, who vouches where that is a fork.</summary>
    public async Task<Outcome<byte[]>> FollowAsync(Member by, VerifiedVault vault)
    {
        var told = await FollowAsync(vault.Head, LinksOf(vault), vault.Claims);
        if (told is not Outcome<byte[]>.Failed({ Code: ErrorCode.Conflict })) return told;
        var word = RealmFork.Sign(Identity.Fingerprint, vault.Head.Head, by.Id, by.Keys.Signing);
        var followed = await FollowAsync(vault.Head, LinksOf(vault), vault.Claims, word);
        _world.Tally.Count(followed is Outcome<byte[]>.Done ? "fork followed" : "fork not followed");
        return followed;
    }

    /// <summary>Sends a command.</summary>
    public async Task<Outcome<byte[]>> CommandAsync(
        Member by, VerifiedVault vault, RealmAction kind, AuthorityId slot, ulong? count = null)
    {
        var body = RealmCommand.Sign(
            Identity.Fingerprint, slot, kind, count ?? (await ReadAsync())?.View?.Count ?? 0, vault.Head,
            LinksOf(vault), by.Id, by.Keys.Signing);
        var outcome = await Realm().CommandAsync(
            RealmCommand.Decode(body), User, Hash256.Of(body), default);
        await CheckAsync();
        return outcome;
    }

    /// <summary>What it keeps of the account; null where it does not know it.</summary>
    public async Task<RealmAccountRow?> ReadAsync()
    {
        var stored = await _server.Keys.ReadAsync(
            _lookups.Ids.RealmAccount(_world.Home.Account.Now.Account), default);
        return stored is null ? null : RealmAccountRow.Decode(stored);
    }

    public AuthorityId? Slot(int pick) => _slots.Count == 0 ? null : _slots[pick % _slots.Count];

    /// <summary>Whether there is a share of a slot.</summary>
    public async Task<bool> HasAsync(AuthorityId slot) =>
        await _server.Keys.ReadAsync(_lookups.Ids.RealmSlot(slot), default) is { } stored
        && !RealmSlotRow.Decode(stored.Value).SealedShare.IsEmpty;

    /// <summary>A guess with the right passphrase.</summary>
    public async Task<Outcome<byte[]>> GuessAsync(AuthorityId slot)
    {
        using var request = OprfRequest.Blind([1, 2, 3], _world.Random);
        var guess = new RealmEvaluate(slot, AttemptId.Draw(_world.Random), request.Blinded);
        return await Realm().EvaluateAsync(User, guess, default, default);
    }

    /// <summary>
    /// After honest restores nobody is stuck: the owner brings the realm to where the home is, has the slots that the
    /// account has, and sets another.
    /// </summary>
    public async Task ComeBackAsync(Member owner)
    {
        await CheckAsync();
        if (await ReadAsync() is null || IsLiedTo || !await CatchUpAsync(owner)) return;
        // Until then the realm has not known for long whoever came since it heard last.
        await _world.Home.WaitAsync(TimeSpan.FromHours(73));
        var vault = (await _world.ReadAsync(owner))!;
        foreach (var slot in _slots.Where(vault.Chain.Current.Active.ContainsKey))
        {
            if (!await HasAsync(slot)) continue;
            var resumed = await CommandAsync(owner, vault, RealmAction.Resume, slot);
            Assert.True(resumed is Outcome<byte[]>.Done, $"the owner resumes nothing: {resumed}");
            var guessed = await GuessAsync(slot);
            Assert.True(guessed is Outcome<byte[]>.Done, $"the passphrase does not open: {guessed}");
            _world.Tally.Count("passphrase opened");
        }

        // Places that a culprit took give way after a day.
        await _world.Home.WaitAsync(TimeSpan.FromDays(1));
        var another = NewSlot();
        Assert.True(await RegisterAsync(owner, vault, another), "the owner registers nothing");
        Assert.Empty((await _server.Service.Audit.RunAsync(default)).Damaged);
    }

    // The home's head, whoever vouches for it; one that is older, or counted less versions, is above again after some
    // more.
    private async Task<bool> CatchUpAsync(Member owner)
    {
        for (var tries = 0; tries < 6; tries++)
        {
            var (head, told) = ((SignedHead?)null, (Outcome<byte[]>?)null);
            foreach (var by in _world.Honest.Where(_world.IsActive).OrderByDescending(m => m == owner).ToList())
            {
                if (await _world.ReadAsync(by) is not { } vault) continue;
                (head, told) = (vault.Head, await FollowAsync(by, vault));
                if ((await ReadAsync())!.View!.Head.Head.Manifest == head.Head.Manifest) return true;
            }

            var view = (await ReadAsync())!.View!;
            if (told is Outcome<byte[]>.Failed({ Code: ErrorCode.Conflict })
                && !_world.Honest.Any(m => _world.IsActive(m) && view.Active.ContainsKey(m.Id)))
            {
                // Whoever the realm knows was removed on the other line: it follows what it has told for thirty days.
                _world.Tally.Count("nobody is on both sides");
                await _world.Home.WaitAsync(TimeSpan.FromDays(31));
            }
            else
            {
                await _world.Home.WaitAsync(TimeSpan.FromHours(73));
            }

            var (seen, own) = (view.Head.Head, head!.Head);
            // What was put back is as old as its set, until somebody goes on.
            if (seen.Manifest.Version >= own.Manifest.Version || seen.Time >= own.Time)
                await _world.WriteAsync(owner, Math.Max(seen.Manifest.Version, own.Manifest.Version) + 1);
        }

        Assert.Fail("the realm does not come along");
        return false;
    }

    // A share goes only where some link of the account's took its slot out, or thirty days after an honest fork left
    // it out.
    private async Task CheckAsync()
    {
        if (await ReadAsync() is not { } account || _world.Row is not { } row) return;
        foreach (var slot in account.Slots.Where(s => s.MissingSince > 0 && !_missed.Contains(s.Slot)))
        {
            Assert.False(row.Active.ContainsKey(slot.Slot) && !_world.IsBehind, "a slot that is there is missed");
            _missed.Add(slot.Slot);
        }
        foreach (var slot in _slots)
        {
            if (await HasAsync(slot)) continue;
            Assert.True(
                _world.Removed.Contains(slot) || _missed.Contains(slot) || !row.Active.ContainsKey(slot),
                "a share is gone that the account still has");
            _world.Tally.Count("share gone");
        }
    }

    // Its clock is the world's.
    private Realm Realm()
    {
        _server.Time.Advance(_world.Home.Server.Time.GetUtcNow() - _server.Time.GetUtcNow());
        return _server.Service.Realm;
    }

    private static ReadOnlyMemory<byte>[] LinksOf(VerifiedVault vault) => [.. vault.Links.Select(l => l.Bytes)];
}
