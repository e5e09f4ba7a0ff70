using System.Text.Json;
using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Oprf;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Realms;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Realms;

/// <summary>
/// One realm, spoken to directly (docs/protocol.md §14.4). Every answer is verified: by the realm's key, whose
/// fingerprint is pinned, for this slot and this request.
/// </summary>
/// <param name="name">What people call it.</param>
/// <param name="transport">The way to it.</param>
/// <param name="identity">Its keys.</param>
/// <param name="token">Fetches the token for this realm; null for the home server, which is given its own with each
/// request. No other realm ever sees that one.</param>
internal sealed class RealmConnection(
    string name, ApiTransport transport, RealmIdentity identity, Func<CancellationToken, ValueTask<string>>? token)
{
    // The newest head that it told: it needs no more than the links behind it.
    private AccountHead? _told;

    /// <summary>What people call it.</summary>
    public string Name => name;

    public RealmIdentity Identity => identity;

    public Hash256 Fingerprint => identity.Fingerprint;

    /// <summary>Fetches a realm's keys; null where they do not read.</summary>
    public static async Task<(RealmIdentity? Identity, Answer Answer)> IdentifyAsync(
        ApiTransport transport, CancellationToken ct)
    {
        var answer = await transport.SendAsync(ApiRequest.Get("/v1/realm"), null, ct);
        if (answer is not Answer.Success success) return (null, answer);
        try
        {
            var keys = JsonSerializer.Deserialize(success.Body, ClientJson.Default.RealmJson);
            return Base64UrlText.TryDecode(keys?.SigningKey, VerifyKey.Size, out var signing)
                && Base64UrlText.TryDecode(keys!.KemKey, KemPublicKey.Size, out var kem)
                ? (new RealmIdentity(new VerifyKey(signing), new KemPublicKey(kem)), answer)
                : (null, answer);
        }
        catch (Exception e) when (e is JsonException or WireFormatException)
        {
            return (null, answer);
        }
    }

    /// <summary>Registers a share, by an authority of the account.</summary>
    public Task<RealmReply> RegisterAsync(
        SlotKeys slot, OprfScalar share, VerifiedVault vault, DeviceKeys signer, string? homeToken, IRandom random,
        CancellationToken ct) => WithLinksAsync(vault, links => SendAsync(
            "register", slot.Id, RealmRegister.Seal(
                identity, slot.Id, slot.Signing.PublicKey, share, vault.Head, links, signer.Id, signer.Signing, random),
            homeToken, ct));

    /// <summary>
    /// Shows it the account's newest head. Where the realm's own does not lead to it, and the home has claimed a
    /// restore, an authority vouches that the account went on so: the realm judges both.
    /// </summary>
    public async Task<RealmReply> FollowAsync(VerifiedVault vault, DeviceKeys signer, CancellationToken ct)
    {
        var reply = await WithLinksAsync(vault, links => FollowAsync(vault, links, null, ct));
        return reply is RealmReply.Forked && !vault.Claims.IsEmpty
            ? await FollowAsync(
                vault, LinksOf(vault), RealmFork.Sign(Fingerprint, vault.Head.Head, signer.Id, signer.Signing), ct)
            : reply;
    }

    private async Task<RealmReply> FollowAsync(
        VerifiedVault vault, IReadOnlyList<ReadOnlyMemory<byte>> links, RealmFork? fork, CancellationToken ct)
    {
        var body = RealmFollow.Encode(vault.Head, links, [.. vault.Claims.Select(c => c.Bytes)], fork);
        return Heads(
            await transport.SendAsync(ApiRequest.Post("/v1/realm/follow", body), null, ct), vault.Account, body);
    }

    private RealmReply Heads(Answer answer, AccountId account, byte[] body)
    {
        if (answer is not Answer.Success success) return Refusal(answer);
        var (heads, fault) = RealmHeadAnswer.Read(success.Body, identity, account, body);
        if (heads is null) return new RealmReply.Faulty(fault);
        _told = heads.Heads.Head.Head;
        return new RealmReply.Followed(heads.Heads);
    }

    /// <summary>Gives it a command by an authority of the account.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="action">What is to be done.</param>
    /// <param name="count">The account's count there; any for a status.</param>
    /// <param name="vault">The account as it is known.</param>
    /// <param name="signer">Who asks.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="homeToken">The home server's token of the new user, with <see cref="RealmAction.Subject"/>.</param>
    public Task<RealmReply> CommandAsync(
        AuthorityId slot, RealmAction action, ulong count, VerifiedVault vault, DeviceKeys signer,
        CancellationToken ct, string? homeToken = null) => WithLinksAsync(vault, links => SendAsync(
            "command", slot, RealmCommand.Sign(
                Fingerprint, slot, action, count, vault.Head, links, signer.Id, signer.Signing),
            homeToken, ct, needsToken: action == RealmAction.Subject));

    /// <summary>Brings it the home's receipt of the account's erasure.</summary>
    public async Task<RealmReply> BringAsync(
        AccountId account, SignedErasureReceipt receipt, CancellationToken ct)
    {
        var body = new RealmReceipt(account, receipt).Encode();
        var answer = await transport.SendAsync(ApiRequest.Post("/v1/realm/receipt", body), null, ct);
        return Heads(answer, account, body);
    }

    public async Task<RealmReply> EvaluateAsync(
        RealmEvaluate request, OprfElement shareKey, OprfRequest blind, string? homeToken, CancellationToken ct)
    {
        var reply = await SendAsync("evaluate", request.Slot, request.Encode(), homeToken, ct);
        if (reply is not RealmReply.Answered { Status: var status }) return reply;
        if (status.Evaluation is not { } evaluation) return new RealmReply.Faulty(RealmFault.Element);
        return blind.Verify(shareKey, evaluation) ? reply : new RealmReply.Faulty(RealmFault.Proof);
    }

    /// <summary>Sends a reset that the slot has signed for this realm.</summary>
    public Task<RealmReply> ResetAsync(AuthorityId slot, byte[] signedReset, CancellationToken ct) =>
        SendAsync("reset", slot, signedReset, null, ct, needsToken: false);

    private async Task<RealmReply> SendAsync(
        string route, AuthorityId slot, byte[] body, string? homeToken, CancellationToken ct, bool needsToken = true)
    {
        var bearer = needsToken ? homeToken : null;
        if (needsToken && token is not null)
        {
            var fetched = await AppToken.FetchAsync(token, ct);
            // This realm is lost by it, and not the call.
            if (!fetched.TryGet(out bearer, out var none)) return new RealmReply.Failed(none);
        }
        var answer = await transport.SendAsync(
            ApiRequest.Post($"/v1/realm/{route}", body) with { Token = bearer }, null, ct);
        return answer is Answer.Success { IsCbor: true } success ? Read(success.Body, slot, body) : Refusal(answer);
    }

    private static RealmReply Refusal(Answer answer) => answer switch
    {
        Answer.Problem { Type: ProblemTypes.GuessWait } problem => Refused(RealmRefusal.Waiting, problem),
        Answer.Problem { Type: ProblemTypes.SlotPaused } problem => Refused(RealmRefusal.Paused, problem),
        Answer.Problem { Type: ProblemTypes.SlotLocked } problem => Refused(RealmRefusal.Locked, problem),
        Answer.Problem { Type: ProblemTypes.NotFound } => new RealmReply.Unknown(),
        Answer.Problem { Type: ProblemTypes.SignatureInvalid } => new RealmReply.Stranger(),
        Answer.Problem { Type: ProblemTypes.Conflict, Details.Field: "head" } => new RealmReply.Forked(),
        Answer.Problem { Type: ProblemTypes.Conflict } => new RealmReply.Stale(),
        Answer.Problem { Type: ProblemTypes.Refused, Details.Rule: { } rule }
            when rule == RuleWords.Of(ProtocolFault.HeadSignature) => new RealmReply.UnknownHome(),
        _ => new RealmReply.Failed(Failures.Of(answer)),
    };

    // The links behind what the realm told last; all of them where it told nothing, or turns out to know less.
    private async Task<RealmReply> WithLinksAsync(
        VerifiedVault vault, Func<IReadOnlyList<ReadOnlyMemory<byte>>, Task<RealmReply>> send)
    {
        if (_told is not { } told || told.Account != vault.Account || !vault.Chain.Contains(told.Chain))
            return await send(LinksOf(vault));
        var reply = await send([.. LinksOf(vault).Skip((int)told.Chain.Sequence + 1)]);
        return reply is RealmReply.Failed { Failure: ClientFailure.Refused { Field: { } field } }
            && field.StartsWith("links", StringComparison.Ordinal) ? await send(LinksOf(vault)) : reply;
    }

    private static IReadOnlyList<ReadOnlyMemory<byte>> LinksOf(VerifiedVault vault) =>
        [.. vault.Links.Select(link => link.Bytes)];

    private RealmReply Read(byte[] answer, AuthorityId slot, byte[] request)
    {
        var (status, fault) = RealmStatus.Read(answer, identity, slot, request);
        if (status is null) return new RealmReply.Faulty(fault);
        _told = status.Told.Heads.Head.Head;
        return new RealmReply.Answered(status);
    }

    private static RealmReply.Refused Refused(RealmRefusal refusal, Answer.Problem problem) => new(
        refusal,
        Math.Max(0, problem.Details.GuessesLeft ?? 0),
        ToldTime.Wait(problem.Details.NextAttemptInMs ?? problem.Details.RetryAfterMs ?? 0));
}
