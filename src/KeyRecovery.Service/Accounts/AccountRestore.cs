using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Service.Accounts;

/// <summary>
/// That an account was restored, and no link of a trusted signer was committed since (docs/protocol.md §7, behind (b)).
/// </summary>
/// <param name="Mark">Which restore it was; all waits count from its time.</param>
/// <param name="HasCommits">Whether something was committed since: then no other state takes its place.</param>
public sealed record AccountRestore(RestoreMark Mark, bool HasCommits)
{
    internal static void Write(CborOut writer, AccountRestore? restore)
    {
        writer.Array(restore is null ? 0 : 2);
        if (restore is null) return;
        RestoreMark.Write(writer, restore.Mark);
        writer.UInt(restore.HasCommits ? 1u : 0);
    }

    internal static AccountRestore? Read(CborIn reader)
    {
        if (reader.Array(0, 2) == 0) return null;
        var mark = RestoreMark.Read(reader);
        WireFormatException.Require(mark is not null, "a restore has a mark");
        return new AccountRestore(mark.Value, reader.UInt(1) == 1);
    }
}
