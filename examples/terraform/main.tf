# Never applied to AWS. A test parses it and compares it with template.yaml; once, by hand, it was applied to moto, which imitates
# AWS, with version 5.100 of the provider and what that knows of runtimes.
#
# Keyturn's PostgresSingleUser in a VPC, and one login of an RDS or Aurora PostgreSQL that it rotates every month. The zip is one of
# a release. docs/terraform.md says what else there is to know.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Older ones do not know Node 24.
      version = ">= 6.19"
    }
  }
}

variable "name" {
  description = "Of the function, and what the names of all else begin with; 64 characters at most."
  type        = string
  default     = "keyturn-PostgresSingleUser"
}

variable "zip" {
  description = "Path of PostgresSingleUser.zip of a release, from the folder in which Terraform runs."
  type        = string
}

variable "vpc_id" {
  description = "The database's VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets with a route to the database and to Secrets Manager (an interface endpoint or NAT)."
  type        = list(string)
}

variable "database_security_group_id" {
  description = "The database's security group, which gets a rule that lets the function in."
  type        = string
}

variable "database" {
  description = "Where the login is, as the secret has it."
  type        = object({ host = string, port = number, dbname = string, username = string })
}

variable "password" {
  description = "The login's password of today, as TF_VAR_password. Only the first apply reads it; after that any text will do."
  type        = string
  sensitive   = true
}

variable "alarm_topic_arn" {
  description = "The SNS topic that is told of failed steps. It must exist."
  type        = string
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
  lambda_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"
}

# --- The function -----------------------------------------------------------------------------------------------------

resource "aws_lambda_function" "rotation" {
  function_name    = var.name
  description      = "Rotates PostgreSQL secrets whose login changes its own password"
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)
  handler          = "single-user.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  memory_size      = 256
  timeout          = 30
  role             = aws_iam_role.rotation.arn

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [aws_security_group.rotation.id]
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.rotation.name
  }

  # All variables of the function, with their defaults.
  environment {
    variables = {
      SECRETS_MANAGER_ENDPOINT   = ""
      PASSWORD_LENGTH            = "32"
      EXCLUDE_CHARACTERS         = ""
      EXCLUDE_LOWERCASE          = "false"
      EXCLUDE_UPPERCASE          = "false"
      EXCLUDE_NUMBERS            = "false"
      EXCLUDE_PUNCTUATION        = "false"
      REQUIRE_EACH_INCLUDED_TYPE = "true"
      DATABASE_CA_BUNDLE         = ""
      UPDATE_URLS                = "true"
      POSTGRES_PASSWORD_FORMAT   = ""
    }
  }

  # Lambda attaches the function to the VPC by the role's right to it.
  depends_on = [aws_iam_role_policy.rotation]
}

resource "aws_cloudwatch_log_group" "rotation" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = 90
}

# Without the account, Secrets Manager of any account could invoke the function.
resource "aws_lambda_permission" "secrets_manager" {
  function_name  = aws_lambda_function.rotation.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

# --- Its role ---------------------------------------------------------------------------------------------------------

data "aws_iam_policy_document" "assumed_by_lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "rotation" {
  # Only secrets that are configured to be rotated by this very function.
  statement {
    actions = [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = ["arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:*"]
    condition {
      test     = "StringEquals"
      variable = "secretsmanager:resource/AllowRotationLambdaArn"
      values   = [local.lambda_arn]
    }
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.rotation.arn}:*"]
  }

  # Lambda attaches the function to the VPC, and the code of the function has no use for that.
  statement {
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
  }

  statement {
    effect = "Deny"
    actions = [
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
    condition {
      test     = "ArnLike"
      variable = "lambda:SourceFunctionArn"
      values   = [local.lambda_arn]
    }
  }
}

resource "aws_iam_role" "rotation" {
  name_prefix        = "keyturn-"
  description        = "Of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.assumed_by_lambda.json
}

resource "aws_iam_role_policy" "rotation" {
  name   = "rotate"
  role   = aws_iam_role.rotation.id
  policy = data.aws_iam_policy_document.rotation.json
}

# --- The network ------------------------------------------------------------------------------------------------------

resource "aws_security_group" "rotation" {
  name_prefix = "${var.name}-"
  description = "A rotation function of Keyturn"
  vpc_id      = var.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "secrets_manager" {
  security_group_id = aws_security_group.rotation.id
  description       = "Secrets Manager"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = aws_security_group.rotation.id
  description                  = "The database"
  referenced_security_group_id = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = var.database_security_group_id
  description                  = "${var.name} of Keyturn"
  referenced_security_group_id = aws_security_group.rotation.id
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
}

# --- The secret and its schedule --------------------------------------------------------------------------------------

resource "aws_secretsmanager_secret" "login" {
  name_prefix = "${var.database.dbname}/${var.database.username}-"
  description = "A login that ${var.name} rotates"
}

resource "aws_secretsmanager_secret_version" "login" {
  secret_id     = aws_secretsmanager_secret.login.id
  secret_string = jsonencode(merge(var.database, { engine = "postgres", password = var.password }))

  # Otherwise the next apply would overwrite the password of a rotation by this one.
  lifecycle {
    ignore_changes = [secret_string, version_stages]
  }
}

resource "aws_secretsmanager_secret_rotation" "login" {
  secret_id           = aws_secretsmanager_secret.login.id
  rotation_lambda_arn = aws_lambda_function.rotation.arn
  # Left out, it is true, and apply would rotate, also with each change of the schedule. With false only testSecret runs: it proves
  # that the function reaches Secrets Manager and the database and logs in.
  rotate_immediately = false

  rotation_rules {
    # UTC; the first of every month between 3 and 6 o'clock.
    schedule_expression = "cron(0 3 1 * ? *)"
    duration            = "3h"
  }

  # A rotation needs all of these before it can start: a value, the permission and the way to the database.
  depends_on = [
    aws_secretsmanager_secret_version.login,
    aws_lambda_permission.secrets_manager,
    aws_vpc_security_group_egress_rule.secrets_manager,
    aws_vpc_security_group_egress_rule.database,
    aws_vpc_security_group_ingress_rule.database,
  ]
}

# --- Alarms -----------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "A step of a rotation failed in ${var.name}. \"keyturn status\" says of which secret, \"keyturn doctor\" why."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.rotation.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  # Most of the time nothing rotates.
  treat_missing_data = "notBreaching"
  alarm_actions      = [var.alarm_topic_arn]
}

output "secret_arn" {
  description = "What the application reads, and what to rotate."
  value       = aws_secretsmanager_secret.login.arn
}

output "role_arn" {
  description = "For the policies of keys and secrets that the function uses."
  value       = aws_iam_role.rotation.arn
}
