using System.Text.Json.Nodes;

namespace KeyRecovery.Cli.Output;

/// <summary>Whom a revocation removes, and who stays, each with the reason.</summary>
internal static class RevocationTable
{
    public static IEnumerable<JsonObject> Json(IEnumerable<RevocationEntry> entries) =>
        entries.Select(e => new JsonObject
        {
            ["id"] = e.Id.ToString(),
            ["kind"] = e.Kind.ToJson(),
            ["name"] = e.Name.Length == 0 ? null : e.Name,
            ["addedBy"] = e.AddedBy.ToString(),
            ["why"] = e.Reason.ToJson(),
        });

    /// <summary>The whole plan.</summary>
    public static void Write(Terminal people, RevocationPlan plan, AuthorityNames names)
    {
        WriteGoes(people, plan.Goes, names);
        foreach (var stays in plan.Stays)
            people.WriteLine($"  stays  {names.Of(stays.Id)}: {Why(stays, names)}");
        if (plan.SlotsLeft.IsEmpty)
            people.WriteLine(
                "No recovery code and no passphrase is left then: if the devices that stay are lost, so is all.");
    }

    /// <summary>Those that go, a line each.</summary>
    public static void WriteGoes(Terminal people, IEnumerable<RevocationEntry> goes, AuthorityNames names)
    {
        foreach (var entry in goes) people.WriteLine($"  goes   {names.Of(entry.Id)}: {Why(entry, names)}");
    }

    private static string Why(RevocationEntry entry, AuthorityNames names) => entry.Reason switch
    {
        RevocationReason.Named => "you named it",
        RevocationReason.AddedByNamed => $"added by {names.Of(entry.AddedBy)}, whoever has that may know it",
        RevocationReason.AddedThroughOthers => $"added by {names.Of(entry.AddedBy)}, which goes too",
        RevocationReason.ThisDevice =>
            $"added by {names.Of(entry.AddedBy)}, but it is this device, which you hold",
        RevocationReason.Signs => $"added by {names.Of(entry.AddedBy)}, but it signs. Was it seen there? Then "
            + "replace it: keyrecovery code create --replace --with-code",
        RevocationReason.InHand => $"added by {names.Of(entry.AddedBy)}, but you have shown that you hold it. Was it "
            + "seen there? Then replace it: keyrecovery code create --replace",
        _ => $"added by {names.Of(entry.AddedBy)}, but you keep it, with what it added",
    };
}
