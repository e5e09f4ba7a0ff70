using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Service.Operations;

/// <summary>What a server asks of the slots that a link adds.</summary>
internal static class SlotRules
{
    /// <summary>
    /// A passphrase slot whose parameters no client would use is refused when it is set, and not found out when it is
    /// needed (docs/protocol.md §14.2).
    /// </summary>
    public static ProtocolFault Check(ChainLink link)
    {
        foreach (var added in link.Add)
        {
            if (added.Kind == AuthorityKind.Passphrase
                && PassphraseParameters.Read(added.Parameters).Fault is var fault and not ProtocolFault.None)
                return fault;
        }

        return ProtocolFault.None;
    }
}
