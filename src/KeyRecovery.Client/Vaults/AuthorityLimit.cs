using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Vaults;

/// <summary>How many devices, codes and passphrases an account may have together, as the server counts them.</summary>
internal static class AuthorityLimit
{
    /// <summary>Null where a link leaves no more than are allowed, or no more than there are.</summary>
    public static ClientFailure.Refused? FindFull(VerifiedVault vault, ChainLinkChange link)
    {
        var active = vault.Chain.Active.Count();
        var more = link.Add.Length - link.Remove.Length;
        return more > 0 && active + more > Limits.Authorities
            ? LimitWords.Known("active", Limits.Authorities, active) : null;
    }
}
