using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>What came of a repair.</summary>
internal sealed record RepairResponse
{
    [Description("Where the account stands now.")]
    public required HeadsResponse Heads { get; init; }

    [Description("Hashes of the sealed items that the server lacks: PUT them one by one.")]
    public required IReadOnlyList<string> Missing { get; init; }

    public static RepairResponse Of(RepairResult result) => new()
    {
        Heads = HeadsResponse.Of(result.Heads),
        Missing = [.. result.Missing.Select(hash => hash.ToString())],
    };
}
