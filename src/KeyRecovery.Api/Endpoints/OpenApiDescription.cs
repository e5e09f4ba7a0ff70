using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Protocol.Wire;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>The parts of the OpenAPI document that no route says.</summary>
internal static class OpenApiDescription
{
    private const string AppToken = "appToken";
    private const string LinkSide = "linkBearer";
    private const string Signature = "signature";

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
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [AppToken] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT",
                    Description = "A token of the app's issuer.",
                },
                [LinkSide] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = LinkBearer.Scheme,
                    Description =
                        "The bearer of one side of a link session, base64url: docs/protocol.md, section 13.4.",
                },
                [Signature] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.ApiKey,
                    In = ParameterLocation.Header,
                    Name = HeaderNames.Signature,
                    Description =
                        "RFC 9421 by a device or slot, with Signature-Input and Content-Digest: docs/protocol.md, "
                        + "section 9.1.",
                },
            };
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(Binary))
                (schema.Type, schema.Format) = (JsonSchemaType.String, "binary");
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            var marks = context.Description.ActionDescriptor.EndpointMetadata;
            if (marks.Any(mark => mark is Signed or SignedByContent or SignedByThen))
                Require(operation, Signature, context.Document);
            if (marks.Any(mark => mark is NeedsToken)) Require(operation, AppToken, context.Document);
            if (marks.Any(mark => mark is NeedsLinkBearer)) Require(operation, LinkSide, context.Document);
            return Task.CompletedTask;
        });
    }

    private static void Require(OpenApiOperation operation, string scheme, OpenApiDocument? document) =>
        (operation.Security ??= [])
            .Add(new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = [] });
}
