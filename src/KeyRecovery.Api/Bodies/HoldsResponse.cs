using System.ComponentModel;
using KeyRecovery.Service.Restraints;

namespace KeyRecovery.Api.Bodies;

/// <summary>The legal holds of an account.</summary>
internal sealed record HoldsResponse(
    [property: Description("The oldest first, at most 16; at most the last stands.")]
    IReadOnlyList<HoldResponse> Holds)
{
    public static HoldsResponse Of(IEnumerable<LegalHold> holds) => new([.. holds.Select(HoldResponse.Of)]);
}

/// <summary>A legal hold.</summary>
internal sealed record HoldResponse(
    [property: Description("Why; absent once the account is erased.")] string? Reason,
    [property: Description("The case; absent once the account is erased.")] string? Reference,
    [property: Description("When it was placed, in Unix seconds.")] ulong Since,
    [property: Description("The issuer of the operator who placed it.")] string By,
    [property: Description("When it was released, in Unix seconds; absent while it stands.")] ulong? Released,
    [property: Description("The issuer of the operator who released it; absent while it stands.")] string? ReleasedBy)
{
    public static HoldResponse Of(LegalHold hold) => new(
        hold.Reason.Length == 0 ? null : hold.Reason, hold.Reference.Length == 0 ? null : hold.Reference, hold.Since,
        hold.By, hold.IsOpen ? null : hold.Released, hold.IsOpen ? null : hold.ReleasedBy);
}
