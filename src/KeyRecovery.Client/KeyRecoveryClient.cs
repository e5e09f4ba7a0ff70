using System.Collections.Immutable;
using System.Security.Cryptography;
using KeyRecovery.Client.Calls;
using KeyRecovery.Client.Commits;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Identities;
using KeyRecovery.Client.Items;
using KeyRecovery.Client.Linking;
using KeyRecovery.Client.Logs;
using KeyRecovery.Client.Realms;
using KeyRecovery.Client.Recovery;
using KeyRecovery.Client.Results;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>
/// The way in for an app. <see cref="CreateAsync"/> once for a new user, <see cref="OpenAsync"/> at every start,
/// <see cref="BeginRecoveryAsync"/> on a new device of a user who lost the others.
/// </summary>
/// <remarks>
/// A call of this library that gives a result, or a failure, throws two things alone: <see
/// cref="OperationCanceledException"/> where its own token is cancelled, and <see cref="ArgumentNullException"/>,
/// before anything is done, for a null that its signature does not allow. All else is a <see cref="ClientFailure"/>,
/// whatever a server, a store, a callback or an argument does.
/// </remarks>
/// <example>
/// <code>
/// var client = new KeyRecoveryClient(options, new FileDeviceStore(folder));
/// using var code = RecoveryCode.Generate(SystemRandom.Instance);
/// var created = await client.CreateAsync(token, new CreateOptions { DeviceName = "phone", Code = code });
/// if (created is Result&lt;VaultSession&gt;.Ok { Value: var vault }) await vault.PutAsync("identity", key);
/// </code>
/// </example>
public sealed partial class KeyRecoveryClient : IDisposable
{
    private readonly KeyRecoveryOptions _options;
    private readonly IDeviceStore _store;
    private readonly ApiTransport _transport;
    private readonly RealmDirectory _realms;
    private readonly VaultApi _api;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Server and app.</param>
    /// <param name="store">Where this device keeps its keys.</param>
    /// <exception cref="ArgumentException">The options name no app, no server (<see cref="ServerAddress"/>), or
    /// realms that break a rule of <see cref="RealmGeneration"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">This runtime cannot normalise Unicode, so that no passphrase
    /// would be the same elsewhere.</exception>
    public KeyRecoveryClient(KeyRecoveryOptions options, IDeviceStore store)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        if (ServerAddress.FindFault(options.Server) is { } fault) throw new ArgumentException(fault, nameof(options));
        if (!AccountIds.IsAppId(options.App))
            throw new ArgumentException("an app id has 1 to 64 characters of a-z 0-9 . -", nameof(options));
        NormalForms.Require();
        _options = options;
        _store = store;
        _transport = new ApiTransport(options);
        _realms = new RealmDirectory(options, _transport);
        _api = new VaultApi(_transport, _realms);
    }

    /// <summary>
    /// The platform's HTTP stack as the client makes it where it is given none: it follows no redirect, and tells why a
    /// certificate is refused. For a factory that wants one to begin with.
    /// </summary>
    public static HttpMessageHandler NewHandler() => HttpStack.Own();

    /// <summary>
    /// Makes an account with this device as its first. Called again after a lost answer, it finishes the same account,
    /// whose recovery code is then the one of this call.
    /// </summary>
    /// <param name="token">The app's token for its user (JWT); null for one of <see cref="KeyRecoveryOptions.Token"/>.
    /// </param>
    /// <param name="create">Name, recovery code, first items.</param>
    /// <param name="ct">Cancels; call again to learn what came of it.</param>
    /// <returns><see cref="ClientFailure.CreatedWithoutPassphrase"/> where the account is there, and its passphrase is
    /// not: <see cref="OpenAsync"/> opens it.</returns>
    public Task<Result<VaultSession>> CreateAsync(string? token, CreateOptions create, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(create);
        return Call.RunAsync(() => CreateNamedAsync(token, create, ct), ct);
    }

    // What is wrong with a passphrase is told before anything is sent.
    private async Task<Result<VaultSession>> CreateNamedAsync(
        string? given, CreateOptions create, CancellationToken ct)
    {
        if (create.First?.FindFault(_options, _realms) is { } weak) return weak;
        if (!(await AppToken.OfHomeAsync(_options, given, ct)).TryGet(out var token, out var none)) return none;
        var created = await CreateWithCodeAsync(token, create, ct);
        if (create.First is not { } first || !created.TryGet(out var vault, out _)) return created;
        if (await first.SetAsync(vault.Passphrase, token, ct) is not { } unset) return created;
        vault.Dispose();
        return new ClientFailure.CreatedWithoutPassphrase(unset);
    }

    private async Task<Result<VaultSession>> CreateWithCodeAsync(
        string token, CreateOptions create, CancellationToken ct)
    {
        if (!NameWords.TryRead("a device's name", create.DeviceName, out var name, out var fault)) return fault;
        if (ItemEdit.FindReserved(create.Items) is { } reserved) return reserved;
        if (!ItemEdit.ReadAll(create.Items).TryGet(out var items, out var unnamed)) return unnamed;
        return await _store.RunAloneAsync(
            () => CreateAloneAsync(token, create with { DeviceName = name, Items = items }, ct), ct);
    }

    private async Task<Result<VaultSession>> CreateAloneAsync(string token, CreateOptions create, CancellationToken ct)
    {
        using var kept = await _store.LoadAsync(ct);
        if (kept is not null && IsBegun(kept))
            return await HoldToAsync(await SendBegunAsync(token, kept, isFirst: false, ct), create.Code, ct);
        if (kept is { Pending.IsEmpty: true })
            return new ClientFailure.DeviceState("this device already belongs to an account");
        if (await UnfinishedLink.RefuseAsync(_options, _api, _store, ct) is { } unfinished) return unfinished;

        var (state, invalid) = Begin(create);
        if (state is null) return invalid!;
        using (state)
        {
            await _store.SaveAsync(state, ct);
            return await SendBegunAsync(token, state, isFirst: true, ct);
        }
    }

    /// <summary>
    /// Opens the account that this device belongs to, with what other devices changed, and looks whether its changes
    /// are in the server's log: <see cref="AccountLog.Finding"/>.
    /// </summary>
    public Task<Result<VaultSession>> OpenAsync(CancellationToken ct = default) =>
        Call.RunAsync(() => OpenKeptAsync(ct), ct);

    private async Task<Result<VaultSession>> OpenKeptAsync(CancellationToken ct)
    {
        var kept = await _store.LoadAsync(ct);
        if (kept is null) return new ClientFailure.DeviceState("this device belongs to no account");
        var state = new VaultState(_options, _api, _store, kept);
        var isKnown = state.TryOpenKept();
        if (await state.RefreshAsync(ct) is not { } failure || state.Spoiled is not null)
        {
            if (state.Spoiled is null && state.Behind is null) await LookInLogAsync(state, ct);
            return new VaultSession(_options, state);
        }
        if (isKnown && failure is ClientFailure.Erased { Receipt: { } receipt })
            await new RealmKeeper(state).BringAsync(receipt, ct);
        state.Dispose();
        return failure is ClientFailure.Refused { Type: ProblemTypes.SignatureInvalid } && !kept.Pending.IsEmpty
            ? new ClientFailure.DeviceState(
                "this device's account was begun and never finished: create it, recover, or link, again")
            : isKnown ? failure : await AppCheck.ExplainAsync(_api, _options.App, failure, ct);
    }

    private async Task LookInLogAsync(VaultState state, CancellationToken ct)
    {
        var check = new LogCheck(
            new LogAsker(_options.LogPolicy, state.Api, state.Keys, state.Vault.Account), _options.Time);
        await state.KeepAsync(await check.RunAsync(state.Vault, state.Log, ct), ct);
    }

    /// <summary>
    /// Reads the account that a recovery code opens. Nothing is changed until
    /// <see cref="RecoverySession.CompleteAsync"/>.
    /// </summary>
    /// <param name="code">The code.</param>
    /// <param name="token">The app's token, where the app asks for it with the code; else null.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Result<RecoverySession>> BeginRecoveryAsync(
        RecoveryCode code, string? token = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        return Call.RunAsync(() => BeginRecoveryByCodeAsync(code, token, ct), ct);
    }

    private async Task<Result<RecoverySession>> BeginRecoveryByCodeAsync(
        RecoveryCode code, string? token, CancellationToken ct)
    {
        var signer = DeviceKeys.OfCode(code);
        var read = await RecoverySession.ReadAsync(_options, _api, _store, signer, token, ct);
        if (read is not Result<RecoverySession>.Failed failed) return read;
        signer.Dispose();
        return await AppCheck.ExplainAsync(_api, _options.App, failed.Failure, ct);
    }

    /// <summary>
    /// Reads the account that a passphrase opens, with the help of the realms that guard it: one guess, which they
    /// count. Nothing is changed until <see cref="RecoverySession.CompleteAsync"/>.
    /// </summary>
    /// <param name="passphrase">The passphrase.</param>
    /// <param name="token">The app's token for its user: it finds the account, and lets nobody else use up the
    /// guesses. Default: one of <see cref="KeyRecoveryOptions.Token"/>.</param>
    /// <param name="takesOlder">Whether to go on with what the server has, where a realm was told of more: only after
    /// <see cref="ClientFailure.RestoredBehindRealm"/> or <see cref="ClientFailure.RolledBackByRealm"/>, and only when
    /// the person knows why. Default: no.</param>
    /// <param name="ct">Cancels; a guess that was counted stays counted.</param>
    /// <returns><see cref="ClientFailure.WrongPassphrase"/> says how many guesses are left; a realm that lies is named,
    /// and never told as a wrong passphrase.</returns>
    public Task<Result<RecoverySession>> BeginPassphraseRecoveryAsync(
        Passphrase passphrase, string? token = null, bool takesOlder = false, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(passphrase);
        return Call.RunAsync(async () =>
            (await AppToken.OfHomeAsync(_options, token, ct)).TryGet(out var own, out var none)
                ? await new PassphraseRecovery(_options, _api, _store).BeginAsync(passphrase, own, takesOlder, ct)
                : none, ct);
    }

    /// <summary>
    /// Makes this device part of the account whose other device displays the code, and takes the app's bundle from
    /// there. Both sides delete the session at its end, and a new try needs a new code. From when this device has
    /// signed its keys are kept, whatever ends the session: <see cref="ClientFailure.LinkUnfinished"/> tells so, and
    /// the next call finds out what came of it (<see cref="Linked.IsFromBefore"/>).
    /// </summary>
    /// <param name="code">The scanned code, see <see cref="LinkCode.Parse"/>; or a typed one's, see
    /// <see cref="FindLinkCodeAsync"/>.</param>
    /// <param name="join">How this device presents itself, and what it shows and asks.</param>
    /// <param name="ct">Cancels, on both sides.</param>
    public Task<Result<Linked>> LinkAsync(LinkCode code, LinkJoin join, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(join);
        return Call.RunAsync(async () => join.FindFault() is { } fault
            ? fault : await _store.RunAloneAsync(() => LinkAloneAsync(code, join, ct), ct), ct);
    }

    private async Task<Result<Linked>> LinkAloneAsync(LinkCode code, LinkJoin join, CancellationToken ct)
    {
        CallTime.Unbind();
        using (var kept = await _store.LoadAsync(ct))
            if (kept is { Pending.IsEmpty: true })
                return new ClientFailure.DeviceState("this device already belongs to an account");
        var (joined, unknown) = await UnfinishedLink.FindAsync(_options, _api, _store, ct);
        if (unknown is not null) return unknown;
        if (joined is not null)
            return new Linked(new VaultSession(_options, joined), SecretBytes.Copy([])) { IsFromBefore = true };
        using var link = new NewDeviceLink(_options, _api, _store, join);
        return (await link.RunAsync(code, ct)).TryGet(out var linked, out var failure)
            ? new Linked(new VaultSession(_options, linked.Vault), linked.Bundle)
            : failure;
    }

    /// <summary>
    /// Fetches what the 17 characters open, for <see cref="LinkAsync"/>. Takes a third of a second of work.
    /// </summary>
    public Task<Result<LinkCode>> FindLinkCodeAsync(TypedLinkCode typed, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(typed);
        return Call.RunAsync(() => LinkRelay.FindAsync(_transport, _options.App, typed, ct), ct);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _realms.Dispose();
        _transport.Dispose();
    }

    private (DeviceState? State, ClientFailure? Invalid) Begin(CreateOptions create)
    {
        var random = _options.Random;
        using var device = new NewDevice(random);
        using var slot = create.Code?.DeriveSlot();
        ImmutableArray<(NewAuthority, Protocol.Primitives.KemPublicKey)> slots = slot is null
            ? []
            : [
                (NewAuthority.Of(slot.Id, AuthorityKind.Code, slot.Signing.PublicKey, slot.Kem.PublicKey),
                    slot.Kem.PublicKey),
            ];

        using var draft = ChainLinkDraft.Begin(_options.App, device.Entry, slots, _api.NowSeconds, random);
        var identity = IdentityItem.Draw(draft.Link.Account, random);
        var plan = SealedEdits.First(
            draft.Key, [new ItemEdit.Put(ReservedName.Identity, identity), .. create.Items], _api.NowSeconds, random);
        CryptographicOperations.ZeroMemory(identity);
        if (plan.Staged.Length != 0)
            return (null,
                new ClientFailure.Invalid(
                    "the first items are too large for one commit: store them after the account is made"));

        var possession =
            new Dictionary<AuthorityId, byte[]> {
                [device.Id] = ChainLinkDraft.ProvePossession(device.Signing, draft.Body),
            };
        if (slot is not null) possession[slot.Id] = ChainLinkDraft.ProvePossession(slot.Signing, draft.Body);
        var change = plan.Change with { Notes = [new AuthorityNote(device.Id, create.DeviceName)] };
        var manifest = ManifestDraft.First(draft, change, device.Signing, random);
        var commit = new CommitBundle(draft.Sign(device.Signing, possession), draft.Keyset, manifest, plan.Inline);
        return (device.Pending(draft.Link.Account, commit.Encode()), null);
    }

    // What is pending is a beginning, and not a recovery that was never finished.
    private static bool IsBegun(DeviceState kept) =>
        kept is { Pending.IsEmpty: false, IsJoining: false }
            && CommitBundle.Decode(kept.Pending).Link is { Link.Sequence: 0 };

    // The attempt whose answer was lost may have carried another code than the one that the user holds now.
    private static async Task<Result<VaultSession>> HoldToAsync(
        Result<VaultSession> finished, RecoveryCode? code, CancellationToken ct)
    {
        if (finished is not Result<VaultSession>.Ok { Value: var vault }) return finished;
        using var slot = code?.DeriveSlot();
        var codes = vault.Authorities.Where(a => a.Kind == AuthorityKind.Code).ToList();
        if (slot is null ? codes.Count == 0 : codes.Any(c => c.Id == slot.Id)) return finished;
        ClientFailure? failure = code is null
            ? (await vault.RemoveCodesAsync(ct) as Result<int>.Failed)?.Failure
            : (await vault.AddCodeAsync(code, replaceOthers: true, ct) as Result<VaultSession>.Failed)?.Failure;
        if (failure is null) return vault;
        vault.Dispose();
        return failure;
    }

    private async Task<Result<VaultSession>> SendBegunAsync(
        string token, DeviceState begun, bool isFirst, CancellationToken ct)
    {
        var outcome = Outcome.Of(
            await _api.CreateAccountAsync(token, begun.Pending, ct), ClientJson.Default.HeadsJson);
        switch (outcome)
        {
            case Outcome<HeadsJson>.Done:
                return await OpenAsync(ct);
            // The only keys of an account that may be there are kept; what the server itself refused is no account.
            case Outcome<HeadsJson>.Refused { Failure: ClientFailure.Refused refused } when isFirst:
                await _store.DeleteAsync(CancellationToken.None);
                return await AppCheck.ExplainAsync(_api, _options.App, refused, ct);
            case Outcome<HeadsJson>.Unknown:
                Result<VaultSession> found = outcome.Failure!;
                await Outcome.IsFoundAsync(async end => (found = await OpenAsync(end)) is Result<VaultSession>.Ok, ct);
                return found is Result<VaultSession>.Ok ? found : outcome.Failure!;
            default:
                return outcome.Failure!;
        }
    }
}
