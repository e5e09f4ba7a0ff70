using KeyRecovery.Client.Devices;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Vaults;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Client.Recovery;

/// <summary>Commits links as slots do that have no device: reads the account, and builds on what is there.</summary>
/// <param name="options">The client's.</param>
/// <param name="api">Asks the server.</param>
/// <param name="token">The app's token, where it asks for one beside a slot's signature.</param>
/// <param name="first">What was read before; still the caller's to dispose of.</param>
internal sealed class SlotCommitter(KeyRecoveryOptions options, VaultApi api, string? token, VaultView first)
    : IDisposable
{
    private const int Rounds = 8;

    private readonly VaultView _first = first;

    /// <summary>The account as it was read last.</summary>
    public VaultView View { get; private set; } = first;

    /// <summary>Commits.</summary>
    /// <param name="edit">What is to be done on <see cref="View"/>; null where nothing is left to do.</param>
    /// <param name="signer">Who signs.</param>
    /// <param name="added">The one slot that the link adds; null where it adds none.</param>
    /// <param name="ct">Cancels; what was sent may still be done.</param>
    public async Task<ClientFailure?> CommitAsync(
        Func<ChainLinkChange?> edit, DeviceKeys signer, SlotKeys? added, CancellationToken ct)
    {
        for (var round = 0; round < Rounds; round++)
        {
            if (await ReadAsync(signer, ct) is { } unread) return unread;
            if (View is not { IsOpen: true, Good: { } open })
                return View.Spoiled is { } spoiled
                    ? new ClientFailure.Spoiled(spoiled.By, View.NameOf(spoiled.By), spoiled.Fault)
                    : new ClientFailure.ServerLied(ProtocolFault.OwnSeal);
            if (edit() is not { } change) return null;
            var answer = await api.CommitAsync(signer, Write(open, change, signer, added).Encode(), token, ct);
            switch (answer)
            {
                case Answer.Success:
                    return await ReadAsync(signer, ct);
                case Answer.Problem { Type: ProblemTypes.StaleVersion }:
                    continue;
                case Answer.Problem { IsRefusal: true } refused:
                    return Failures.Of(refused);
                default:
                    // No answer is no refusal: a look at the account tells whether it went through.
                    return await ReadAsync(signer, ct) is null && edit() is null ? null : Failures.Unanswered(answer);
            }
        }
        return new ClientFailure.Transient("other devices keep changing the account", null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (View != _first) View.Good?.Dispose();
    }

    private async Task<ClientFailure?> ReadAsync(DeviceKeys signer, CancellationToken ct)
    {
        var read = await RecoveryReader.ReadAsync(options, api, signer, token, ct);
        if (!read.TryGet(out var view, out var failure)) return failure;
        Dispose();
        View = view;
        return null;
    }

    private CommitBundle Write(OpenVault open, ChainLinkChange change, DeviceKeys signer, SlotKeys? added)
    {
        using var draft = ChainLinkDraft.Next(open, change, signer.Id, api.NowSeconds, options.Random);
        var possession = draft.Link.Add.ToDictionary(
            a => a.Id, _ => ChainLinkDraft.ProvePossession(added!.Signing, draft.Body));
        var manifest = ManifestDraft.Next(
            open, draft, new ManifestChange(), signer.Id, signer.Signing, options.Random);
        return new CommitBundle(draft.Sign(signer.Signing, possession), draft.Keyset, manifest, []);
    }
}
