using System.Reflection;

namespace KeyRecovery.Api.Endpoints;

/// <summary>
/// Whether the build runs this host to write <c>docs/openapi.json</c>: then nothing is opened, checked or made.
/// </summary>
internal static class DocumentGeneration
{
    public static bool IsRunning { get; } = Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider";
}
