using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;

namespace KeyRecovery.Api.Options;

/// <summary>What one app allows.</summary>
internal sealed class AppPolicyOptions
{
    /// <summary>
    /// Whether recovery by code asks for the user's token as well. Default false: the code alone suffices.
    /// </summary>
    public bool CodeNeedsToken { get; set; }

    /// <summary>Hours until a linked device is trusted with removals: 0 to 720. Default 72.</summary>
    public int TrustAfterHours { get; set; } = 72;

    /// <summary>The content of one item, in bytes: 1 KiB to 1 MiB. Default 256 KiB.</summary>
    public int ItemBytes { get; set; } = Limits.ItemBytes;

    /// <summary>Commits of one account in a day (UTC): 1 to 1,000,000. Default 2,000.</summary>
    public int CommitsPerDay { get; set; } = AppPolicy.Default.CommitsPerDay;

    /// <summary>How erasures that devices ask for wait.</summary>
    public ErasureOptions Erasure { get; set; } = new();

    /// <summary>How often a passphrase may be guessed.</summary>
    public PassphraseOptions Passphrase { get; set; } = new();

    /// <summary>
    /// Audit keys (base64url, as <c>GET /audit/key</c> tells them) of other home servers, whose accounts' passphrase
    /// slots this server keeps as a realm. Default none.
    /// </summary>
    public string[] Homes { get; set; } = [];

    /// <summary>As the service reads it.</summary>
    public AppPolicy ToPolicy() => new()
    {
        CodeNeedsToken = CodeNeedsToken,
        TrustAfter = TimeSpan.FromHours(TrustAfterHours),
        ItemBytes = ItemBytes,
        CommitsPerDay = CommitsPerDay,
        ErasureHold = TimeSpan.FromHours(Erasure.HoldHours),
        Passphrase = Passphrase.ToPolicy(),
        Homes = [.. Homes.Select(home => ReadHome(home)!)],
    };

    /// <summary>The key of a home; null where the text is none.</summary>
    internal static VerifyKey? ReadHome(string home)
    {
        try
        {
            return Base64UrlText.TryDecode(home, VerifyKey.Size, out var bytes) ? new VerifyKey(bytes) : null;
        }
        catch (WireFormatException)
        {
            return null;
        }
    }
}
