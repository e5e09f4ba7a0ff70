using KeyRecovery.Protocol.Wire;
using System.ComponentModel;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Bodies;

/// <summary>Where an account stands.</summary>
internal sealed record HeadsResponse
{
    [Description("The account.")]
    public required string AccountId { get; init; }

    [Description("The sequence number of the newest link.")]
    public required ulong ChainSeq { get; init; }

    [Description("The hash of the newest link.")]
    public required string ChainHash { get; init; }

    [Description("The version of the current manifest.")]
    public required ulong ManifestVersion { get; init; }

    [Description("The hash of the current manifest: the name of this state, and the ETag of the vault.")]
    public required string ManifestHash { get; init; }

    [Description("The head as the server has signed it (docs/protocol.md §7).")]
    public required string Head { get; init; }

    [Description("Until when each active authority is young.")]
    public required IReadOnlyList<TrustedFromResponse> TrustedFrom { get; init; }

    [Description("The newest claims that the account was restored from a backup, signed (docs/protocol.md §7).")]
    public required IReadOnlyList<string> Restored { get; init; }

    public static HeadsResponse Of(Heads heads) => new()
    {
        AccountId = heads.Account.ToString(),
        ChainSeq = heads.Chain.Sequence,
        ChainHash = heads.Chain.Hash.ToString(),
        ManifestVersion = heads.ManifestVersion,
        ManifestHash = heads.ManifestHash.ToString(),
        Head = Base64UrlText.Encode(heads.SignedHead.Span),
        TrustedFrom = [.. heads.TrustedFrom.Select(age => new TrustedFromResponse(age.Key.ToString(), age.Value))],
        Restored = [.. heads.Claims.Select(claim => Base64UrlText.Encode(claim.Span))],
    };
}
