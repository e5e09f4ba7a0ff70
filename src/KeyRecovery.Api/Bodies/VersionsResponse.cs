using System.ComponentModel;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Bodies;

/// <summary>The older versions of an item that are kept.</summary>
internal sealed record VersionsResponse(
    [property: Description("The newest first.")] IReadOnlyList<VersionResponse> Versions)
{
    public static VersionsResponse Of(IEnumerable<ItemVersion> versions) =>
        new([.. versions.Select(VersionResponse.Of)]);
}
