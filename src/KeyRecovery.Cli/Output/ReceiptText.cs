using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Output;

/// <summary>What a receipt of an erasure says, and what it does not.</summary>
internal static class ReceiptText
{
    private static readonly string[] NotCovered =
    [
        "copies that somebody took before, of keys or of data, elsewhere than in this server's live stores",
        "what the account's own devices and papers hold, what other servers keep as its guards, and what the app keeps "
        + "by itself",
        "that the server tells the truth: it is a signed statement, which makes a lie provable",
    ];

    public static void Write(Terminal people, ErasureReceipt receipt)
    {
        people.WriteLine($"Erasure {receipt.Id} in the app {receipt.App}, level {receipt.Level}.");
        people.WriteLine(
            $"Asked for by "
            + $"{(receipt.RequestedBy == ErasureRequester.Device ? "a device of the account" : "an operator")} on "
                + $"{Time(receipt.RequestedAt)}, erased on {Time(receipt.ErasedAt)} (by the server's clock).");
        people.WriteLine("It proves that the server said, and signed, that:");
        foreach (var proof in receipt.Proofs) people.WriteLine($"  - {Of(proof, receipt)}");
        people.WriteLine("It does not cover:");
        if (receipt.Level == 1)
            people.WriteLine(
                "  - copies of the key store from before the erasure, backup sets among them: they open until their "
                + "key is destroyed too (level 2)");
        else people.WriteLine("  - a copy of a backup set's escrow that somebody kept beyond its day");
        if (!receipt.Proofs.Contains(ErasureProof.JournalsEmptied))
            people.WriteLine(
                "  - what the platform under the server's stores keeps of deleted rows, its backups among them: "
                + (receipt.Level == 1 ? "ciphertext, whose keys" : "ciphertext, and keys that")
                + " hang on the server's own key, which is in none of them");
        foreach (var line in NotCovered) people.WriteLine($"  - {line}");
    }

    private static string Of(ErasureProof proof, ErasureReceipt receipt) => proof switch
    {
        ErasureProof.KeyAbsent => "the account's key was destroyed, and read back as gone",
        ErasureProof.RowUnopened => "a row of the account that was kept for the purpose no longer opened",
        ErasureProof.RowsDeleted => "all rows of the account were deleted",
        ErasureProof.JournalsEmptied => "the journals that still held them were emptied",
        ErasureProof.KekDestroyed =>
            $"the key above (KEK {receipt.Kek}) and all before it were destroyed by {Time(receipt.KekDestroyedAt)}",
        ErasureProof.BackupsExpired => "no unexpired backup set holds that key",
        _ => proof.ToString(),
    };

    private static string Time(ulong seconds) => Words.Time(ToldTime.At(seconds));
}
