using System.Collections.Immutable;
using System.Text;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Accounts;

/// <summary>
/// Changes an account: builds a commit on the vault as this device knows it, sends it, and builds it anew on what
/// another device made of the vault meanwhile. Changes to other items pass unseen; the same item is a conflict.
/// </summary>
internal sealed class VaultEditor(KeyRecoveryOptions options, VaultState state)
{
    private const int Rounds = 32;

    private IRandom Random => options.Random;

    public async Task<ClientFailure?> EditItemsAsync(ImmutableArray<ItemEdit> edits, CancellationToken ct)
    {
        if (Invalid(edits) is { } invalid) return invalid;
        var seen = edits.ToDictionary(e => e.Name, e => ItemReader.Find(state.Open, e.Name));
        for (var round = 0; round < Rounds; round++)
        {
            var missing = edits.FirstOrDefault(e => e is ItemEdit.Remove && ItemReader.Find(state.Open, e.Name) is null);
            if (missing is not null) return new ClientFailure.NoSuchItem(missing.Name);

            var plan = ItemPlan.Make(state.Open, edits, state.Api.NowSeconds, Random);
            if (await UploadAsync(plan.Staged, ct) is { } failed) return failed;
            var manifest = ManifestDraft.Next(state.Open, null, plan.Change, state.Keys.Id, state.Keys.Signing, Random);
            var outcome = await SendAsync(new CommitBundle(null, null, manifest, plan.Inline), ct);
            if (!outcome.IsStale) return outcome.Failure;
            if (await FindConflictsAsync(edits, seen, ct) is { } conflict) return conflict;
        }
        return TooBusy;
    }

    public Task<ClientFailure?> AddCodeAsync(RecoveryCode code, bool replaceOthers, CancellationToken ct) => CommitLinkAsync(
        () =>
        {
            using var slot = code.DeriveSlot();
            var entry = NewAuthority.Of(slot.Id, AuthorityKind.Code, slot.Signing.PublicKey, slot.Kem.PublicKey);
            return new LinkChange([(entry, slot.Kem.PublicKey)], replaceOthers ? Codes() : []);
        },
        body =>
        {
            using var slot = code.DeriveSlot();
            return new Dictionary<AuthorityId, byte[]> { [slot.Id] = LinkDraft.ProvePossession(slot.Signing, body) };
        },
        ct);

    public async Task<Result<int>> RemoveCodesAsync(CancellationToken ct)
    {
        var count = Codes().Length;
        if (count == 0) return 0;
        return await CommitLinkAsync(() => new LinkChange([], Codes()), NoPossession, ct) is { } failure ? failure : count;
    }

    public Task<ClientFailure?> MendAsync(CancellationToken ct) =>
        CommitLinkAsync(() => new LinkChange([], [], BeginEpoch: true), NoPossession, ct);

    private static ClientFailure.Transient TooBusy => new("other devices keep changing the account", null);

    private static Dictionary<AuthorityId, byte[]> NoPossession(ReadOnlyMemory<byte> body) => [];

    private ImmutableArray<AuthorityId> Codes() =>
        [.. state.Vault.Chain.Active.Where(a => a.Kind == AuthorityKind.Code).Select(a => a.Id)];

    private async Task<ClientFailure?> CommitLinkAsync(
        Func<LinkChange> change, Func<ReadOnlyMemory<byte>, Dictionary<AuthorityId, byte[]>> prove, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var draft = LinkDraft.Next(state.Open, change(), state.Keys.Id, state.Api.NowSeconds, Random);
            var link = draft.Sign(state.Keys.Signing, prove(draft.Body));
            var manifest = ManifestDraft.Next(state.Open, draft, new ManifestChange(), state.Keys.Id, state.Keys.Signing, Random);
            var outcome = await SendAsync(new CommitBundle(link, draft.Keyset, manifest, []), ct);
            if (draft.Key != state.Open.Keys.Current) draft.Key.Dispose();
            if (!outcome.IsStale) return outcome.Failure;
        }
        return TooBusy;
    }

    private async Task<Sent> SendAsync(CommitBundle commit, CancellationToken ct)
    {
        var answer = await state.Api.CommitAsync(state.Keys, commit.Encode(), null, ct);
        // A server that lost something is repaired by the refresh, and the change is then built anew as after a race.
        if (answer is Answer.Problem { Type: "stale-version" or "repair-required" or "vault-lost" })
            return await state.RefreshAsync(ct) is { } failure ? Sent.Of(failure) : Sent.Stale;
        return VaultApi.Read(answer, ClientJson.Default.HeadsJson) switch
        {
            Result<HeadsJson>.Ok ok => Sent.Of(await state.AcceptOwnAsync(commit, ok.Value, ct)),
            Result<HeadsJson>.Failed failed => Sent.Of(failed.Failure),
            _ => throw new InvalidOperationException("a result is one of two"),
        };
    }

    private async Task<ClientFailure?> UploadAsync(ImmutableArray<(Hash256 Hash, ReadOnlyMemory<byte> Bytes)> staged, CancellationToken ct)
    {
        foreach (var (hash, bytes) in staged)
            if (await state.Api.PutItemAsync(state.Keys, hash, bytes, ct) is var answer and not Answer.Success) return Failures.Of(answer);
        return null;
    }

    private async Task<ClientFailure?> FindConflictsAsync(
        ImmutableArray<ItemEdit> edits, Dictionary<string, ManifestItem?> seen, CancellationToken ct)
    {
        var conflicts = ImmutableArray.CreateBuilder<ItemConflict>();
        foreach (var edit in edits)
        {
            var now = ItemReader.Find(state.Open, edit.Name);
            if (now == seen[edit.Name]) continue;
            var theirs = now is null ? null : await new ItemReader(state).OpenAsync(edit.Name, now, ct);
            if (theirs is Result<byte[]>.Failed failed) return failed.Failure;
            conflicts.Add(new ItemConflict(
                edit.Name, (edit as ItemEdit.Put)?.Content, (theirs as Result<byte[]>.Ok)?.Value, now?.Version ?? 0));
        }
        return conflicts.Count == 0 ? null : new ClientFailure.Conflict(conflicts.ToImmutable());
    }

    /// <summary>What came of a commit. Stale: another device was faster, and its change is here now.</summary>
    private readonly record struct Sent(ClientFailure? Failure, bool IsStale)
    {
        public static Sent Stale => new(null, true);

        public static Sent Of(ClientFailure? failure) => new(failure, false);
    }

    private static ClientFailure.Invalid? Invalid(ImmutableArray<ItemEdit> edits)
    {
        if (edits.Select(e => e.Name).Distinct(StringComparer.Ordinal).Count() != edits.Length) return new("an item is named twice");
        foreach (var edit in edits)
        {
            if (Encoding.UTF8.GetByteCount(edit.Name) is < 1 or > Limits.NameBytes) return new($"an item's name has 1 to {Limits.NameBytes} bytes");
            if (edit is ItemEdit.Put { Content.Length: > Limits.MaxItemBytes }) return new($"an item has at most {Limits.MaxItemBytes} bytes");
        }
        return null;
    }
}
