using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>The parts of the OpenAPI document that no route says.</summary>
internal static class OpenApiDescription
{
    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "KeyRecovery",
                Version = "v1",
                Description = "Backup, recovery and linking of keys for apps whose server cannot read them.",
            };
            // The operator's address is not the project's business, and the committed file has none.
            document.Servers = [];
            return Task.CompletedTask;
        });
    }
}
